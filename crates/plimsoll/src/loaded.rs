//! A test, loaded: its script, and the plan that the layers of options come to.

use std::sync::Arc;

use plimsoll_engine::Run;
use plimsoll_metrics::Registry;
use plimsoll_plan::options::keyword::ScriptType;
use plimsoll_plan::{OptionsLayer, Origin, Plan, Problem, Source, Warning};
use plimsoll_script::{Bundle, Entry, Environment, LoadError, ScriptFactory, Secrets};

use crate::cli::{RunArguments, TestArguments};
use crate::control::Subject;
use crate::dashboard::Watched;
use crate::failure::Failure;
use crate::log::Log;
use crate::vitals::Monitor;
use crate::{config_file, environment, goals_file, remote};

/// A script with its plan, ready to be run, shown or packed.
pub(crate) struct LoadedTest {
    pub(crate) bundle: Bundle,
    pub(crate) plan: Arc<Plan>,
}

impl LoadedTest {
    /// Loads the script, resolves the options, and checks one against the other. Warnings are logged.
    ///
    /// # Errors
    /// All problems at once.
    pub(crate) fn load(
        arguments: &TestArguments,
        default: SystemEnvironment,
        log: &Log,
    ) -> Result<Self, Failure> {
        let Attempt { bundle, plan, problems, warnings, .. } = Attempt::make(arguments, default, log)?;
        let bundle = bundle.map_err(Failure::Load)?;
        let plan = plan.filter(|_| problems.is_empty()).ok_or_else(|| failure(&problems))?;
        for warning in &warnings {
            let hint = warning.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            tracing::warn!(target: "plimsoll", "{warning}{hint}");
        }
        Ok(LoadedTest { bundle, plan: Arc::new(plan) })
    }

    /// What the control API shows of a run of this test.
    pub(crate) fn subject(
        &self,
        run: &Run<ScriptFactory>,
        factory: ScriptFactory,
        monitor: &Monitor,
    ) -> Subject {
        Subject {
            plan: Arc::clone(&self.plan),
            control: run.control(),
            state: run.state(),
            measurements: run.measurements(),
            registry: Registry::clone(self.bundle.registry()),
            thresholds: run.threshold_watch(),
            monitor: monitor.clone(),
            factory,
            has_setup: self.exports("setup"),
            has_teardown: self.exports("teardown"),
            redactor: self.bundle.redactor().clone(),
        }
    }

    /// What the dashboard shows of a run of this test.
    pub(crate) fn watched(
        &self,
        run: &Run<ScriptFactory>,
        arguments: &RunArguments,
        monitor: &Monitor,
    ) -> Watched {
        Watched {
            script: arguments.test.script.display().to_string(),
            plan: Arc::clone(&self.plan),
            state: run.state(),
            measurements: run.measurements(),
            warm_up: run.warm_up(),
            registry: Registry::clone(self.bundle.registry()),
            thresholds: run.threshold_watch(),
            no_data: arguments.no_data(),
            monitor: monitor.clone(),
            redactor: self.bundle.redactor().clone(),
        }
    }

    /// Whether the script exports a function of this name.
    pub(crate) fn exports(&self, name: &str) -> bool {
        self.bundle.functions.iter().any(|function| function == name)
    }
}

/// What came of loading a test, as far as it could be loaded.
pub(crate) struct Attempt {
    pub(crate) entry: Entry,
    pub(crate) bundle: Result<Bundle, LoadError>,
    /// What the options come to, unless they make no sense at all.
    pub(crate) plan: Option<Plan>,
    /// What is wrong with the options, or with them and the script together.
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Warning>,
}

impl Attempt {
    /// Loads the script, and resolves the options if that succeeds.
    ///
    /// # Errors
    /// When there is nothing to load, or secrets cannot be read.
    pub(crate) fn make(
        arguments: &TestArguments,
        default: SystemEnvironment,
        log: &Log,
    ) -> Result<Self, Failure> {
        let variables: Vec<(String, String)> = environment::variables().collect();
        let outside = Outside {
            config: config_file::layer(arguments.config.as_ref()),
            variables: OptionsLayer::from_env(
                variables.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            ),
        };
        let kind = arguments.options.script_type.or(outside.variables.script_type);
        let (kind, remote) = (kind.unwrap_or(ScriptType::Detect), remote::options(arguments, &variables));
        let entry = Entry::read_with(&arguments.script, kind, remote).map_err(Failure::Load)?;
        let variables = variables.into_iter().collect();
        let secrets = arguments.secret_sources.iter().map(String::as_str);
        let secrets = Secrets::open(secrets, &variables, log.redactor().clone()).map_err(|problems| {
            Failure::Options(problems.iter().map(|problem| format!("  - {problem}")).collect())
        })?;
        let variables = variables.into_iter().filter(|(name, _)| !secrets.owns_variable(name));
        let environment = environment(arguments, &outside, variables, &entry, default);
        let bundle = Bundle::load_with(entry.clone(), environment, secrets);
        let mut attempt = Attempt { entry, bundle, plan: None, problems: Vec::new(), warnings: Vec::new() };
        attempt.resolve(arguments, outside);
        Ok(attempt)
    }

    fn resolve(&mut self, arguments: &TestArguments, outside: Outside) {
        let Ok(bundle) = &self.bundle else { return };
        let mut files: Vec<OptionsLayer> = outside.config.into_iter().collect();
        files.push(script_layer(arguments, bundle));
        if arguments.exec.is_some() {
            // Scenarios name functions of their own; `--exec` asks for another one.
            files.iter_mut().for_each(|layer| layer.scenarios = None);
        }
        let own = [outside.variables, arguments.options.clone()];
        let mut layers: Vec<OptionsLayer> = files.into_iter().chain(own).collect();
        layers.iter_mut().for_each(goals_file::read_into);
        let unknown = layers.iter().flat_map(OptionsLayer::warnings).cloned().collect();
        match plimsoll_plan::resolve(layers) {
            Ok(mut plan) => {
                if let Some(function) = &arguments.exec {
                    plan.run_function(function);
                }
                self.problems = missing_functions(arguments, bundle, &plan);
                self.problems.extend(plimsoll_plan::check_thresholds(&plan, bundle.registry()));
                self.problems.extend(plimsoll_plan::check_goals(&plan, bundle.registry()));
                self.warnings.clone_from(&plan.warnings);
                self.plan = Some(plan);
            }
            Err(problems) => (self.problems, self.warnings) = (problems, unknown),
        }
    }
}

/// The layers that are neither in the script nor on the command line.
struct Outside {
    config: Option<OptionsLayer>,
    variables: OptionsLayer,
}

/// Whether a script sees the process's environment when nobody says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemEnvironment {
    Visible,
    /// As in k6 for commands that run no test: their results should not depend on where they run.
    Hidden,
}

/// `__ENV`: what an archive brings along, the process's environment where that is wanted, then `--env`.
fn environment(
    arguments: &TestArguments,
    outside: &Outside,
    variables: impl Iterator<Item = (String, String)>,
    entry: &Entry,
    default: SystemEnvironment,
) -> Environment {
    let asked = arguments.options.include_system_env_vars.or(outside.variables.include_system_env_vars);
    let mut environment = entry.metadata().map(|metadata| metadata.env.clone()).unwrap_or_default();
    if asked.unwrap_or(default == SystemEnvironment::Visible) {
        environment.extend(variables);
    }
    environment.extend(arguments.environment.iter().cloned());
    environment
}

fn missing_functions(arguments: &TestArguments, bundle: &Bundle, plan: &Plan) -> Vec<Problem> {
    let is_exported = |name: &str| bundle.functions.iter().any(|function| function == name);
    let mut problems = match &arguments.exec {
        Some(function) if !is_exported(function) => {
            let message = format!("function '{function}' not found in exports");
            vec![Problem::new("exec", &Source::Flag("--exec".to_owned()), message)]
        }
        _ => plan.check_exports(is_exported),
    };
    for problem in &mut problems {
        problem.hint = Some(match bundle.functions.join(", ").as_str() {
            "" => "the script exports no function".to_owned(),
            names if arguments.exec.is_none() && !is_exported("default") => {
                format!("the script exports {names}; --exec runs one of them by itself")
            }
            names => format!("the script exports {names}"),
        });
    }
    problems
}

fn script_layer(arguments: &TestArguments, bundle: &Bundle) -> OptionsLayer {
    let origin = Origin::Script(arguments.script.display().to_string());
    if let Some(metadata) = bundle.entry().metadata() {
        // Those of an archive are consolidated, the script's own among them.
        return OptionsLayer::from_json(origin, &metadata.options);
    }
    match bundle.options_json.as_deref().map(serde_json::from_str) {
        Some(Ok(options)) => OptionsLayer::from_json(origin, &options),
        // The text was written by the script engine's own JSON.stringify.
        Some(Err(_)) | None => OptionsLayer::new(origin),
    }
}

fn failure(problems: &[Problem]) -> Failure {
    let line = |problem: &Problem| match &problem.hint {
        Some(hint) => format!("  - {problem}\n    hint: {hint}"),
        None => format!("  - {problem}"),
    };
    Failure::Options(problems.iter().map(line).collect())
}
