//! The knowledge base: ten categories of twenty articles each.

use crate::clock::Timestamp;
use crate::model::{Article, ArticleSummary};

/// Slug, name, and what the category's articles are about.
const CATEGORIES: &[(&str, &str, &str)] = &[
    ("getting-started", "Getting Started", "your first week with InsightDesk"),
    ("accounts", "Accounts and Passwords", "signing in and keeping accounts safe"),
    ("billing", "Billing and Invoices", "charges, invoices and payment methods"),
    ("tickets", "Working with Tickets", "the life of a ticket from report to resolution"),
    ("automation", "Automation", "rules that do the routine work for your team"),
    ("integrations", "Integrations", "connecting the tools that you already use"),
    ("api", "API and Webhooks", "building on our interfaces"),
    ("analytics", "Analytics", "reading the dashboard and acting on it"),
    ("security", "Security", "how data is protected and who may see it"),
    ("troubleshooting", "Troubleshooting", "finding out what went wrong"),
];

/// What an article of any category can be about: slug, title, opening sentence.
const TOPICS: &[(&str, &str, &str)] = &[
    ("overview", "an overview", "This page shows how the parts fit together."),
    ("quick-start", "a quick start", "Five minutes are enough for a first result."),
    ("setup", "setting things up", "Do this once, before your team begins."),
    ("permissions", "roles and permissions", "Not everybody should be able to do everything."),
    ("best-practices", "best practices", "What experienced teams do differently."),
    ("common-mistakes", "common mistakes", "Most support requests begin with one of these."),
    ("limits", "limits and quotas", "Every plan has limits; here they are in one table."),
    ("faq", "frequently asked questions", "Short answers to what we are asked most."),
    ("import", "importing data", "Bring what you have from your old system."),
    ("export", "exporting data", "Your data is yours; take it out at any time."),
    ("notifications", "notifications", "Hear about what matters and nothing else."),
    ("shortcuts", "keyboard shortcuts", "Keep your hands where they are."),
    ("mobile", "the mobile app", "Answer customers from wherever you are."),
    ("languages", "languages and time zones", "Your customers are everywhere."),
    ("search", "searching", "Find anything by a few of its words."),
    ("audit", "the audit log", "See who did what, and when."),
    ("templates", "templates", "Write it once, use it every day."),
    ("sla", "service levels", "Promise a time to answer and keep it."),
    ("backup", "backups", "What is saved, how often, and how to get it back."),
    ("glossary", "a glossary", "The words we use and what we mean by them."),
];

pub(super) fn categories() -> Vec<(String, String)> {
    CATEGORIES.iter().map(|(slug, name, _)| ((*slug).to_owned(), (*name).to_owned())).collect()
}

pub(super) fn articles(now: Timestamp) -> Vec<Article> {
    let pairs = CATEGORIES.iter().flat_map(|category| TOPICS.iter().map(move |topic| (category, topic)));
    pairs.enumerate().map(|(index, (category, topic))| article(index + 1, *category, *topic, now)).collect()
}

type Words = (&'static str, &'static str, &'static str);

fn article(number: usize, category: Words, topic: Words, now: Timestamp) -> Article {
    let (category_slug, category_name, about) = category;
    let (topic_slug, topic_name, opening) = topic;
    let title = format!("{category_name}: {topic_name}");
    Article {
        content: format!(
            "# {title}\n\n{opening} This article belongs to our guide on {about}.\n\n\
             ## Before you begin\n\nYou need an account with the role *agent* or *admin*. Open **Settings**, \
             choose **{category_name}**, and keep this page at hand.\n\n\
             ## Step by step\n\n1. Look at what is there today and write down what should change.\n\
             2. Change one thing at a time and save.\n3. Ask a colleague to try it.\n\
             4. Tell your customers if they will notice.\n\n\
             ## If it does not work\n\nReload the page, then check the status of the service. If the problem \
             stays, open a ticket, name this article ({category_slug}-{topic_slug}), and our support will \
             help.\n"
        ),
        summary: ArticleSummary {
            id: format!("article_{number}"),
            slug: format!("{category_slug}-{topic_slug}"),
            title,
            category: category_slug.to_owned(),
            excerpt: opening.to_owned(),
            updated_at: now,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_hundred_articles_with_addresses_of_their_own() {
        let articles = articles(Timestamp(0));
        let slugs: std::collections::HashSet<_> =
            articles.iter().map(|article| &article.summary.slug).collect();
        assert_eq!((articles.len(), slugs.len()), (200, 200));
    }
}
