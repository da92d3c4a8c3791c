//! `plimsoll completions`: its arguments and its help.

use clap::{Arg, Command, value_parser};
use clap_complete::Shell;

fn help(program: &str) -> String {
    format!(
        "\
Prints a script that completes commands and flags in your shell. To have it in every session:

  bash        {program} completions bash > ~/.local/share/bash-completion/completions/{program}
  zsh         {program} completions zsh > \"${{fpath[1]}}/_{program}\"
  fish        {program} completions fish > ~/.config/fish/completions/{program}.fish
  powershell  {program} completions powershell >> $PROFILE
  elvish      {program} completions elvish >> ~/.config/elvish/rc.elv"
    )
}

pub(super) fn command(program: &str) -> Command {
    let shell = Arg::new("shell")
        .required(true)
        .value_name("SHELL")
        .value_parser(value_parser!(Shell))
        .help("The shell");
    let command =
        Command::new("completions").about("Print completions for a shell").long_about(help(program));
    // The singular is k6's.
    command.visible_alias("completion").arg(shell)
}
