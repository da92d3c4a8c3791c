// load-tests/tests/api/knowledge-base.js
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { config } from '../../lib/config.js';
import { checkResponse, randomItem } from '../../lib/helpers.js';
import { checkPage } from '../../lib/checks.js';

const articleDuration = new Trend('kb_article_duration', true);
const articlesRead = new Counter('kb_articles_read');

const SEARCHES = ['billing', 'password', 'export', 'api', 'support'];

// A visitor without an account: picks a category, reads an article, comes back to it, searches for another.
export function browseKnowledgeBase() {
  group('Knowledge Base', () => {
    const category = browseCategories();
    const slug = category && browseArticles(category);

    if (slug) {
      readArticle(slug);
    }

    searchArticles();
  });

  sleep(1);
}

function browseCategories() {
  return group('Browse Categories', () => {
    const res = http.get(`${config.baseUrl}/api/v1/kb/categories`);
    const categories = checkResponse(res, 'List Categories') ? JSON.parse(res.body).data : [];
    return categories.length > 0 ? randomItem(categories).slug : null;
  });
}

function browseArticles(category) {
  return group('Browse Articles', () => {
    const res = http.get(`${config.baseUrl}/api/v1/kb/articles?category=${category}&limit=20`);
    const articles = checkPage(res, 'List Articles') ? JSON.parse(res.body).data : [];
    return articles.length > 0 ? randomItem(articles).slug : null;
  });
}

function readArticle(slug) {
  // One name for all articles, so that the summary shows one row.
  const tags = { name: `${config.baseUrl}/api/v1/kb/articles/{slug}` };
  const url = `${config.baseUrl}/api/v1/kb/articles/${slug}`;

  group('Read Article', () => {
    const res = http.get(url, { tags });
    articleDuration.add(res.timings.duration);

    if (checkResponse(res, 'Read Article')) {
      articlesRead.add(1);
      sleep(0.5);
      readAgain(url, res.headers['Etag'], tags);
    }
  });
}

// A browser that has the article asks whether it changed.
function readAgain(url, etag, tags) {
  const res = http.get(url, { headers: { 'If-None-Match': etag }, tags });
  check(res, {
    'Read Again is not modified': (r) => r.status === 304,
  });
}

function searchArticles() {
  group('Search Articles', () => {
    const res = http.get(`${config.baseUrl}/api/v1/kb/articles?q=${randomItem(SEARCHES)}&limit=10`);
    checkPage(res, 'Search Articles');
  });
}

// Runs the scenario when this file is run by itself.
export default function () {
  browseKnowledgeBase();
}
