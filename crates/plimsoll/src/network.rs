//! The network client's options, from the plan's.

use plimsoll_net::{DnsOptions, DnsPolicy, DnsSelect, HostOverrides, HostnamePatterns, Options};
use plimsoll_plan::Plan;
use plimsoll_plan::options::keyword;
use plimsoll_plan::options::network::{Dns, DnsTtl};

/// Translates; texts that are not hosts, patterns or ranges are problems, as `option: what is wrong`.
pub(crate) fn options(plan: &Plan) -> Result<Options, Vec<String>> {
    let from = &plan.options;
    let mut to = Options {
        user_agent: from.user_agent.as_str().into(),
        dns: dns(&from.dns),
        reuse_connections: !from.no_connection_reuse,
        max_idle_per_origin: from.batch_per_host as usize,
        max_idle: from.batch as usize,
        ..Options::default()
    };
    to.tls.skip_verification = from.insecure_skip_tls_verify;
    let mut problems = Vec::new();
    let mut note =
        |key: &str, error: String| problems.push(format!("{key} (from {}): {error}", plan.source(key)));
    to.hosts = HostOverrides::default();
    for (name, address) in &from.hosts {
        to.hosts.insert(name, address).unwrap_or_else(|error| note("hosts", error.to_string()));
    }
    to.blocked_hostnames = HostnamePatterns::default();
    for pattern in &from.block_hostnames {
        to.blocked_hostnames
            .insert(pattern)
            .unwrap_or_else(|error| note("blockHostnames", error.to_string()));
    }
    for range in &from.blacklist_ips {
        match range.parse() {
            Ok(range) => to.blacklisted_ips.push(range),
            Err(error) => note("blacklistIPs", format!("{error}")),
        }
    }
    if problems.is_empty() { Ok(to) } else { Err(problems) }
}

fn dns(from: &Dns) -> DnsOptions {
    DnsOptions {
        ttl: match from.ttl {
            DnsTtl::For(ttl) => Some(ttl),
            DnsTtl::Infinite => None,
        },
        select: match from.select {
            keyword::DnsSelect::First => DnsSelect::First,
            keyword::DnsSelect::RoundRobin => DnsSelect::RoundRobin,
            keyword::DnsSelect::Random => DnsSelect::Random,
        },
        policy: match from.policy {
            keyword::DnsPolicy::PreferIpv4 => DnsPolicy::PreferIpv4,
            keyword::DnsPolicy::PreferIpv6 => DnsPolicy::PreferIpv6,
            keyword::DnsPolicy::OnlyIpv4 => DnsPolicy::OnlyIpv4,
            keyword::DnsPolicy::OnlyIpv6 => DnsPolicy::OnlyIpv6,
            keyword::DnsPolicy::Any => DnsPolicy::Any,
        },
    }
}
