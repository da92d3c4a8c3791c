//! Merging layers: who sets what, and which layer's workload counts.

use std::collections::BTreeMap;

use super::table::{OptionInfo, Options, OptionsLayer, Support, TABLE};
use crate::{Problem, Source, Warning};

/// The experimental features that there are.
const FEATURES: [&str; 1] = ["native-histograms"];

/// The layers, merged.
pub(crate) struct Merged {
    pub(crate) options: Options,
    /// A layer that holds the workload options only, after wiping.
    pub(crate) workload: OptionsLayer,
    /// Who set what; a missing key has its default.
    pub(crate) sources: BTreeMap<&'static str, Source>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Warning>,
}

/// The options that say what runs. A layer that sets one of them wipes all of them from the layers below.
const EXECUTION: [&str; 4] = ["duration", "iterations", "stages", "scenarios"];

/// Merges the layers; a later origin wins, whatever the order of the list.
pub(crate) fn merge(mut layers: Vec<OptionsLayer>) -> Merged {
    layers.sort_by(|a, b| a.origin.cmp(&b.origin));
    let mut merged = Merged {
        options: Options::default(),
        workload: OptionsLayer::new(crate::Origin::Default),
        sources: BTreeMap::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    for mut layer in layers {
        merged.problems.append(&mut layer.problems);
        merged.warnings.append(&mut layer.warnings);
        merged.overlay(layer);
    }
    merged.judge_support();
    merged
}

impl Merged {
    /// Where an option's value came from.
    pub(crate) fn source(&self, key: &str) -> Source {
        self.sources.get(key).cloned().unwrap_or(Source::Default)
    }

    fn overlay(&mut self, layer: OptionsLayer) {
        if EXECUTION.iter().any(|key| layer.mentions(key)) {
            self.wipe_execution(&layer);
        }
        for info in TABLE.iter().filter(|info| layer.mentions(info.key)) {
            self.sources.insert(info.key, info.source(&layer.origin));
        }
        self.options.overlay(&layer);
        let workload = &mut self.workload;
        replace(&mut workload.vus, layer.vus);
        replace(&mut workload.duration, layer.duration);
        replace(&mut workload.iterations, layer.iterations);
        replace(&mut workload.stages, layer.stages);
        replace(&mut workload.scenarios, layer.scenarios);
        replace(&mut workload.thresholds, layer.thresholds);
        replace(&mut workload.goals, layer.goals);
    }

    fn wipe_execution(&mut self, layer: &OptionsLayer) {
        let below = self.source("scenarios");
        if self.workload.scenarios.as_ref().is_some_and(|scenarios| !scenarios.0.is_empty()) {
            let message = format!(
                "\"{}\" level configuration overrode scenarios configuration entirely",
                layer.origin.level()
            );
            self.warnings.push(Warning::new("scenarios", &below, message));
        }
        self.workload.duration = None;
        self.workload.iterations = None;
        self.workload.stages = None;
        self.workload.scenarios = None;
        EXECUTION.iter().for_each(|key| drop(self.sources.remove(key)));
    }

    /// Says so where an option that does not work yet is set to something other than its default.
    fn judge_support(&mut self) {
        for info in TABLE.iter().filter(|info| !self.options.is_default(info.key)) {
            let source = self.source(info.key);
            match info.support {
                Support::Full => {}
                Support::Ignored => self.warnings.push(ignored(info, &source)),
            }
        }
        let source = self.source("features");
        let features = self.options.features.iter().map(|feature| feature.trim());
        for feature in features.filter(|feature| !feature.is_empty() && !FEATURES.contains(feature)) {
            let message = format!("there is no feature {feature}, it has no effect");
            self.warnings.push(Warning::new("features", &source, message));
        }
    }
}

fn ignored(info: &OptionInfo, source: &Source) -> Warning {
    let message = format!("option {} is not supported yet and has no effect", info.key);
    Warning::new(info.key, source, message)
}

fn replace<T>(below: &mut Option<T>, above: Option<T>) {
    if above.is_some() {
        *below = above;
    }
}
