//! Exit codes. k6's, because pipelines read them; source:
//! <https://grafana.com/docs/k6/latest/reference/error-codes/> and the behaviour of its command.

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The run ended and every threshold passed.
    Success = 0,
    /// `check` found something that fails it. k6 has no such command.
    Findings = 1,
    /// `capacity` found none, or `gate` was given a record without one. k6 has no such commands.
    NoCapacity = 90,
    /// `gate` found less capacity than is wanted.
    GateMissed = 91,
    /// `capacity` met the limit of the generator before that of the target.
    GeneratorLimited = 92,
    /// `compare --strict` cannot tell. k6 has no such command.
    CannotTell = 93,
    /// `compare` found the candidate worse than the base.
    Worse = 94,
    /// A goal was violated at its critical level, or had no data. k6 has no goals.
    GoalsViolated = 95,
    /// The measurement cannot be trusted, and `--require-valid` asks for that. k6 does not ask itself.
    NotValid = 96,
    /// A threshold was crossed, or had no data.
    ThresholdsCrossed = 99,
    /// `setup()` took longer than `setupTimeout`.
    SetupTimeout = 100,
    /// `teardown()` took longer than `teardownTimeout`.
    TeardownTimeout = 101,
    /// Stopped through the control API.
    StoppedByControl = 103,
    /// Options, scenarios or thresholds are invalid.
    InvalidConfig = 104,
    /// SIGINT or SIGTERM.
    Interrupted = 105,
    /// The control API cannot listen at the address of `--address`.
    NoControl = 106,
    /// The script threw in its init, setup or teardown code, or does not parse.
    ScriptException = 107,
    /// The script called `exec.test.abort()`.
    ScriptAborted = 108,
    /// A bug in plimsoll.
    Bug = 109,
    /// The script called `exec.test.fail()`.
    MarkedFailed = 110,
    /// Everything else: bad flags, a file that cannot be read or written.
    Other = 255,
}

impl Exit {
    const ALL: [Self; 21] = [
        Self::Success,
        Self::Findings,
        Self::NoCapacity,
        Self::GateMissed,
        Self::GeneratorLimited,
        Self::CannotTell,
        Self::Worse,
        Self::GoalsViolated,
        Self::NotValid,
        Self::ThresholdsCrossed,
        Self::SetupTimeout,
        Self::TeardownTimeout,
        Self::StoppedByControl,
        Self::InvalidConfig,
        Self::Interrupted,
        Self::NoControl,
        Self::ScriptException,
        Self::ScriptAborted,
        Self::Bug,
        Self::MarkedFailed,
        Self::Other,
    ];

    /// What a code means that a run has left behind.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| *exit as u8 == code)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}
