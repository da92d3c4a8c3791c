//! The network client's options, from the plan's.

use plimsoll_net::{
    CipherSuites, ClientIdentity, DnsOptions, DnsPolicy, DnsSelect, HostIdentity, HostOverrides,
    HostnamePatterns, HttpVersion, Limits, Options, Proxies, TlsOptions, TrustedRoots,
};
use plimsoll_plan::Plan;
use plimsoll_plan::options::keyword::{self, TlsVersion};
use plimsoll_plan::options::network::{Dns, DnsTtl, TlsAuth};
use plimsoll_plan::options::size::Size;

/// Translates; texts that are not hosts, patterns or ranges are problems, as `option: what is wrong`. Proxies
/// come from the environment, as everywhere.
pub(crate) fn options(plan: &Plan) -> Result<Options, Vec<String>> {
    let from = &plan.options;
    let mut to = Options {
        user_agent: from.user_agent.as_str().into(),
        dns: dns(&from.dns),
        http_version: match from.http_version {
            keyword::HttpVersion::Auto => HttpVersion::Auto,
            keyword::HttpVersion::Http1 => HttpVersion::Http1,
            keyword::HttpVersion::Http2 => HttpVersion::Http2,
        },
        reuse_connections: !from.no_connection_reuse,
        max_idle_per_origin: from.batch_per_host as usize,
        max_idle: from.batch as usize,
        limits: Limits { body_bytes: body_limit(from.vu_memory_limit), ..Limits::default() },
        ..Options::default()
    };
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
    match from.local_ips.parse() {
        Ok(addresses) => to.local_addresses = addresses,
        Err(error) => note("localIPs", format!("{error}")),
    }
    for range in &from.blacklist_ips {
        match range.parse() {
            Ok(range) => to.blacklisted_ips.push(range),
            Err(error) => note("blacklistIPs", format!("{error}")),
        }
    }
    to.tls = tls(from, &mut note);
    match Proxies::from_variables(|name| std::env::var(name).ok()) {
        Ok(proxies) => to.proxies = proxies,
        Err(error) => problems.push(error.to_string()),
    }
    if problems.is_empty() { Ok(to) } else { Err(problems) }
}

/// A body that a VU could not hold as text need not be received. Zero is no limit.
fn body_limit(memory: Size) -> usize {
    let bytes = usize::try_from(memory.0).unwrap_or(usize::MAX);
    if bytes == 0 { isize::MAX as usize } else { bytes.min(isize::MAX as usize) }
}

/// What k6 scripts say about TLS. `note` is told what cannot be done.
fn tls(from: &plimsoll_plan::options::Options, note: &mut impl FnMut(&str, String)) -> TlsOptions {
    if from.tls_version.max < TlsVersion::Tls12 {
        note("tlsVersion", "TLS 1.0 and 1.1 cannot be spoken, only tls1.2 and tls1.3".to_owned());
    } else if from.tls_version.min < TlsVersion::Tls12 {
        tracing::warn!(
            target: "plimsoll",
            "tlsVersion: TLS 1.0 and 1.1 cannot be spoken; tls1.2 is the oldest that is offered"
        );
    }
    let names = from.tls_cipher_suites.iter().map(String::as_str);
    let suites = if from.tls_cipher_suites.is_empty() {
        Ok(CipherSuites::default())
    } else {
        CipherSuites::named(names)
    };
    let cipher_suites = suites.unwrap_or_else(|unusable| {
        unusable.iter().for_each(|suite| note("tlsCipherSuites", suite.to_string()));
        CipherSuites::default()
    });
    let only_tls12 = from.tls_version.max == TlsVersion::Tls12;
    if only_tls12 && !cipher_suites.has_tls12() {
        note("tlsCipherSuites", "none of them can be used with tls1.2".to_owned());
    }
    let min_version = match from.tls_version.min {
        TlsVersion::Tls13 => plimsoll_net::TlsVersion::Tls13,
        _ => plimsoll_net::TlsVersion::Tls12,
    };
    TlsOptions {
        skip_verification: from.insecure_skip_tls_verify,
        roots: roots(&from.tls_ca_certs, note),
        min_version,
        only_tls12,
        cipher_suites,
        identities: from.tls_auth.iter().filter_map(|auth| host_identity(auth, note)).collect(),
        ..TlsOptions::default()
    }
}

fn roots(texts: &[String], note: &mut impl FnMut(&str, String)) -> TrustedRoots {
    let mut roots = Vec::new();
    for text in texts {
        match TrustedRoots::read_pem(text) {
            Ok(certificates) => roots.extend(certificates),
            Err(why) => note("tlsCACerts", why),
        }
    }
    if roots.is_empty() { TrustedRoots::System } else { TrustedRoots::SystemAnd(roots) }
}

fn host_identity(auth: &TlsAuth, note: &mut impl FnMut(&str, String)) -> Option<HostIdentity> {
    let mut hosts = HostnamePatterns::default();
    for domain in &auth.domains {
        hosts.insert(domain).unwrap_or_else(|error| note("tlsAuth", error.to_string()));
    }
    match ClientIdentity::from_pem(&auth.cert, &auth.key, &auth.password) {
        Ok(identity) => Some(HostIdentity { identity, hosts: (!auth.domains.is_empty()).then_some(hosts) }),
        Err(error) => {
            note("tlsAuth", error.to_string());
            None
        }
    }
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
