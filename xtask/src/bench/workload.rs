//! What `bench throughput` asks the target for: protocol, path, body, and the script that does the same.

/// One kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Workload {
    /// GET of 60 bytes over HTTP/1.1
    Plain,
    /// GET of 60 bytes over HTTP/1.1 and TLS
    Tls,
    /// GET of 60 bytes over HTTP/2 and TLS, one stream at a time on each connection
    H2,
    /// GET of 10 KB over HTTP/1.1
    #[value(name = "10k")]
    TenKilobytes,
    /// GET of 1 MB over HTTP/1.1
    #[value(name = "1m")]
    OneMegabyte,
    /// POST of 94 bytes of JSON over HTTP/1.1, and a look into the answer
    Post,
}

/// What the script of [`Workload::Post`] sends.
pub(crate) const DOCUMENT: &str = "{\"title\":\"Printer on fire\",\"description\":\"It burns.\",\
                                   \"priority\":\"URGENT\",\"tags\":[1,2,3]}";

impl Workload {
    /// The name that it is asked for by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "tls",
            Self::H2 => "h2",
            Self::TenKilobytes => "10k",
            Self::OneMegabyte => "1m",
            Self::Post => "post",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::TenKilobytes => "/bytes/10240",
            Self::OneMegabyte => "/bytes/1048576",
            _ => "/",
        }
    }

    pub(crate) fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::H2)
    }

    pub(crate) fn is_http2(self) -> bool {
        self == Self::H2
    }

    /// The script that puts it on.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::Plain | Self::Tls | Self::H2 => "get_check.js",
            Self::TenKilobytes | Self::OneMegabyte => "get_bytes.js",
            Self::Post => "post_json.js",
        }
    }

    /// The bytes of an answer's body, where they are what matters.
    pub(crate) fn body_bytes(self) -> Option<u64> {
        match self {
            Self::TenKilobytes => Some(10_240),
            Self::OneMegabyte => Some(1_048_576),
            _ => None,
        }
    }
}
