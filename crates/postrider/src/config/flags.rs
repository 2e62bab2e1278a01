//! What a command line and an environment say of the options of `serve`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::options::{Kind, OPTIONS, Opt};
use super::{Config, ConfigError, Layer, Setting, effective, environment, load};

/// Adds `--config` and the flags of the options that `wants` names to a command.
pub(crate) fn with_options(command: Command, wants: impl Fn(&Opt) -> bool) -> Command {
    let file =
        Arg::new("config").long("config").value_name("FILE").value_parser(value_parser!(PathBuf)).help(
            "The configuration file, TOML [env: POSTRIDER_CONFIG] [default: postrider.toml, if it is there]",
        );
    let options = OPTIONS.iter().filter(|opt| opt.kind != Kind::Secret && wants(opt));
    command.arg(file).args(options.map(flag))
}

fn flag(opt: &Opt) -> Arg {
    let arg = Arg::new(opt.key).long(opt.flag()).value_name(opt.value).help(format!(
        "{} [env: {}] [default: {}]",
        opt.help,
        opt.variable(),
        opt.default
    ));
    match opt.kind {
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::List => arg.action(ArgAction::Append),
        _ => arg,
    }
}

/// What was given, before it is put together.
#[derive(Debug)]
pub(crate) struct Given {
    /// The variables that begin as ours do and mean nothing.
    pub(crate) unknown_variables: Vec<String>,
    /// The configuration file that was named.
    file: Option<PathBuf>,
    environment: Layer,
    flags: Layer,
}

impl Given {
    /// Reads the flags that the command has, and the environment.
    pub(crate) fn read(args: &ArgMatches) -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let (environment, unknown_variables) = environment(variables);
        let mut flags = Layer::new("the command line");
        for opt in OPTIONS.iter().filter(|opt| opt.kind != Kind::Secret) {
            // A command need not have every flag.
            if let Ok(Some(values)) = args.try_get_many::<String>(opt.key) {
                flags.add(opt, values.cloned());
            }
        }
        let named =
            || std::env::var_os("POSTRIDER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let file = args.get_one::<PathBuf>("config").cloned().or_else(named);
        Self { unknown_variables, file, environment, flags }
    }

    /// Without what the environment says of an option: for a command to which it means something else.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.environment.forget(key);
        self
    }

    /// Puts it together.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn load(&self) -> Result<Config, ConfigError> {
        load(self.file.as_deref(), self.environment.clone(), self.flags.clone())
    }

    /// What holds, option by option, and where each comes from.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn effective(&self) -> Result<Vec<Setting>, ConfigError> {
        effective(self.file.as_deref(), self.environment.clone(), self.flags.clone())
    }
}
