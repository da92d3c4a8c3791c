//! Which test, with which options: the arguments that every command with a script has in common.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind, value_parser};
use plimsoll_plan::OptionsLayer;

use super::{ConfigArgument, flags, help};

/// A script, and what the command line says about it.
#[derive(Clone)]
pub(crate) struct TestArguments {
    pub(crate) script: PathBuf,
    /// `--config`, when it was given.
    pub(crate) config: Option<ConfigArgument>,
    pub(crate) options: OptionsLayer,
    /// `--env NAME=VALUE`, in order.
    pub(crate) environment: Vec<(String, String)>,
    /// Run only this exported function.
    pub(crate) exec: Option<String>,
    /// `--secret-source`, in order.
    pub(crate) secret_sources: Vec<String>,
    /// Nothing is fetched while the script is loaded.
    pub(crate) offline: bool,
    pub(crate) lock: Lock,
}

/// What becomes of `plimsoll.lock`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    Extended,
    Frozen,
    Renewed,
}

pub(super) fn arguments() -> impl Iterator<Item = Arg> {
    let own = [
        Arg::new("script")
            .required(true)
            .value_name("SCRIPT")
            .value_parser(value_parser!(PathBuf))
            .help("The script, JavaScript or TypeScript; its URL; an archive of a test; - is standard input"),
        Arg::new("env")
            .help_heading(help::COMMAND)
            .short('e')
            .long("env")
            .value_name("NAME=VALUE")
            .action(ArgAction::Append)
            .help("Set a variable of __ENV; repeatable")
            .long_help(
                "Sets a variable of the script's __ENV, over one of the same name in the environment. \
                 Without a value it is the empty text. May be given several times.\n\n\
                 Example: -e BASE_URL=https://staging.example.com -e USERS=250",
            ),
        Arg::new("exec")
            .help_heading(help::COMMAND)
            .long("exec")
            .value_name("FUNCTION")
            .help("Run this exported function instead of the scenarios' own")
            .long_help(
                "Runs this exported function. The scenarios of the script, which name functions of their \
                 own, do not count then; how long it runs is said by other flags, and is one iteration if \
                 they say nothing.\n\n\
                 Example: --exec checkout --vus 5 --duration 10s",
            ),
        Arg::new("secret-source")
            .help_heading(help::COMMAND)
            .long("secret-source")
            .value_name("TYPE=SETTINGS")
            .action(ArgAction::Append)
            .env("K6_SECRET_SOURCE")
            .hide_env(true)
            .hide_env_values(true)
            .help("Where k6/secrets finds secrets: file=PATH, env=PREFIX, url=…; repeatable")
            .long_help(
                "Where the script's secrets.get() finds secrets; may be given several times. file=PATH reads \
                 NAME=VALUE from each line of a file; env=PREFIX takes the variables whose names begin so; \
                 url=urlTemplate=URL asks a service, with {key} for the secret's name; mock=NAME=VALUE,… \
                 lists them. name=NAME, and default, between commas say which source a script means.\n\n\
                 Example: --secret-source file=name=staging,default,secrets.txt\n\n\
                 Variable: K6_SECRET_SOURCE",
            ),
    ];
    own.into_iter().chain(remote()).chain(flags::arguments())
}

/// Flags about modules from the network.
fn remote() -> [Arg; 3] {
    let switch = |name: &'static str, help: &'static str, long: &'static str| {
        let switch = Arg::new(name).long(name).action(ArgAction::SetTrue);
        switch.help_heading(help::COMMAND).help(help).long_help(long)
    };
    [
        switch(
            "offline",
            "Load the script without the network",
            "Loads the script without the network: modules that it imports by https:// come from the cache, \
             where an earlier run has left them, and one that is not there is an error. The requests of the \
             test itself are made as ever.",
        )
        .conflicts_with("update-lock"),
        switch(
            "locked",
            "Import no URL that is not in plimsoll.lock",
            "Makes it an error to import a URL that is not in plimsoll.lock, instead of adding it. For CI, \
             where nobody looks at what was added.",
        )
        .conflicts_with("update-lock"),
        switch(
            "update-lock",
            "Fetch imported URLs anew and accept what they serve now",
            "Fetches every URL that the script imports anew, and writes into plimsoll.lock what is served \
             now.",
        ),
    ]
}

impl TestArguments {
    /// Reads them; `command` is the subcommand, whose usage an error shows.
    pub(super) fn of(command: &mut Command, matches: &ArgMatches) -> Result<Self, clap::Error> {
        let environment = matches.get_many::<String>("env").into_iter().flatten();
        Ok(TestArguments {
            script: matches.get_one::<PathBuf>("script").cloned().unwrap_or_default(),
            config: ConfigArgument::of(matches),
            options: flags::layer(matches),
            environment: environment.map(|pair| variable(command, pair)).collect::<Result<_, _>>()?,
            exec: matches.get_one::<String>("exec").cloned(),
            secret_sources: matches
                .get_many::<String>("secret-source")
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            offline: matches.get_flag("offline"),
            lock: match (matches.get_flag("locked"), matches.get_flag("update-lock")) {
                (true, _) => Lock::Frozen,
                (_, true) => Lock::Renewed,
                _ => Lock::Extended,
            },
        })
    }
}

/// `NAME=VALUE`; a name without a value means the empty text, as in k6.
fn variable(command: &mut Command, pair: &str) -> Result<(String, String), clap::Error> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if starts_well && characters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    let message = format!(
        "--env {pair}: a variable's name is made of letters, digits and underscores, and starts with no digit"
    );
    Err(command.error(ErrorKind::ValueValidation, message))
}
