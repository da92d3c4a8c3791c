//! The tags that a VU's samples have by where it is, and what its script makes of them.
//!
//! The run's tags, the scenario's, and the group, as k6 has them; `exec.vu.metrics` reads and changes them.
//! A change is paid for when it is made: samples take the tags as they are. Which tags a single sample has
//! besides is the business of [`crate::series`].

use plimsoll_engine::Iteration;
use plimsoll_metrics::{Metadata, SampleContext, Shard, Symbol, TagKey, TagSetId, Tags, tag};
use plimsoll_plan::options::tags::{SystemTag, SystemTags};

use crate::worker::Worker;

/// The tags and the metadata of one VU.
#[derive(Clone)]
pub(crate) struct TagScope {
    system: SystemTags,
    run: Vec<(TagKey, Symbol)>,
    /// The run's tags, the scenario's, and the script's own.
    base: Vec<(TagKey, Symbol)>,
    /// The activation that `base` was made for; `None` outside of scenarios.
    activation: Option<u64>,
    groups: Vec<Group>,
    metadata: Option<Metadata>,
    /// The set of `base` and the group, once it was asked for.
    current: Option<TagSetId>,
    scratch: Vec<(TagKey, Symbol)>,
}

#[derive(Clone)]
struct Group {
    path: String,
    /// `None` when the script deleted the tag.
    symbol: Option<Symbol>,
}

impl Group {
    fn root() -> Self {
        Group { path: String::new(), symbol: Some(Symbol::EMPTY) }
    }

    fn is_root(&self) -> bool {
        self.symbol == Some(Symbol::EMPTY)
    }
}

impl TagScope {
    pub(crate) fn new(worker: &Worker) -> Self {
        let mut shard = worker.shard();
        let tags = worker.script.run_tags.iter();
        let run: Vec<_> = tags.map(|(name, value)| (shard.tag_key(name), shard.symbol(value))).collect();
        TagScope {
            system: worker.script.system_tags,
            base: run.clone(),
            run,
            activation: None,
            groups: vec![Group::root()],
            metadata: None,
            current: None,
            scratch: Vec::new(),
        }
    }

    /// Begins a call: an iteration of a scenario, or one outside of them. Forgets groups, and, when the VU
    /// was activated anew, what the script has changed.
    pub(crate) fn enter(&mut self, shard: &mut Shard, vu: u32, iteration: Option<&Iteration>) {
        self.leave_groups();
        if !self.groups[0].is_root() {
            self.groups[0] = Group::root();
            self.current = None;
        }
        let activation = iteration.map(|iteration| iteration.activation);
        if self.activation != activation || activation.is_none() {
            self.activation = activation;
            self.start_afresh(shard, iteration);
        }
        if shard.keeps_raw() {
            self.note_numbers(vu, iteration);
        }
    }

    fn start_afresh(&mut self, shard: &mut Shard, iteration: Option<&Iteration>) {
        self.base.clone_from(&self.run);
        (self.metadata, self.current) = (None, None);
        let Some(Iteration { scenario, .. }) = iteration else { return };
        for (name, value) in scenario.tags.iter() {
            self.base.push((shard.tag_key(name), shard.symbol(value)));
        }
        if self.sets(SystemTag::Scenario) {
            self.base.push((tag::SCENARIO, shard.symbol(&scenario.name)));
        }
    }

    /// The numbers of VU and iteration are metadata: as tags each would make a series.
    fn note_numbers(&mut self, vu: u32, iteration: Option<&Iteration>) {
        if self.sets(SystemTag::Vu) {
            self.set_metadata("vu", &vu.to_string());
        }
        if let Some(iteration) = iteration.filter(|_| self.sets(SystemTag::Iter)) {
            self.set_metadata("iter", &iteration.iteration_in_vu.to_string());
        }
    }

    /// Whether the run has this system tag.
    pub(crate) fn sets(&self, tag: SystemTag) -> bool {
        self.system.contains(tag)
    }

    /// Sets the group to a fixed path (`::setup`), replacing the root.
    pub(crate) fn set_root_group(&mut self, shard: &mut Shard, path: &str) {
        self.groups = vec![Group { path: path.to_owned(), symbol: Some(shard.symbol(path)) }];
        self.current = None;
    }

    pub(crate) fn push_group(&mut self, shard: &mut Shard, name: &str) {
        let path = format!("{}::{name}", self.group_path());
        let symbol = Some(shard.symbol(&path));
        self.groups.push(Group { path, symbol });
        self.current = None;
    }

    pub(crate) fn pop_group(&mut self) {
        if self.groups.len() > 1 {
            self.groups.pop();
            self.current = None;
        }
    }

    /// Back to the root group: an exception may have left some open.
    pub(crate) fn leave_groups(&mut self) {
        if self.groups.len() > 1 {
            self.groups.truncate(1);
            self.current = None;
        }
    }

    /// The path of the group that the VU is in.
    pub(crate) fn group_path(&self) -> &str {
        self.groups.last().map_or("", |group| &group.path)
    }

    /// The tag set of a sample with these additional tags.
    pub(crate) fn tag_set(&mut self, shard: &mut Shard, more: &[(TagKey, Symbol)]) -> TagSetId {
        if let (Some(current), []) = (self.current, more) {
            return current;
        }
        self.begin();
        self.push(more);
        let set = self.finish(shard);
        if more.is_empty() {
            self.current = Some(set);
        }
        set
    }

    /// Begins a tag set with the VU's tags; `push` and `push_system` go on, `finish` ends it.
    pub(crate) fn begin(&mut self) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.base);
        let group = self.groups.last().filter(|_| self.system.contains(SystemTag::Group));
        self.scratch.extend(group.and_then(|group| group.symbol).map(|symbol| (tag::GROUP, symbol)));
    }

    pub(crate) fn push(&mut self, tags: &[(TagKey, Symbol)]) {
        self.scratch.extend_from_slice(tags);
    }

    pub(crate) fn push_system(&mut self, tag: SystemTag, key: TagKey, value: Symbol) {
        if self.sets(tag) {
            self.scratch.push((key, value));
        }
    }

    pub(crate) fn finish(&self, shard: &mut Shard) -> TagSetId {
        shard.tag_set(&self.scratch)
    }

    /// The tags but for the group.
    pub(crate) fn base(&self) -> &[(TagKey, Symbol)] {
        &self.base
    }

    /// What samples carry beyond their series.
    pub(crate) fn context(&self) -> SampleContext {
        SampleContext { url: None, metadata: self.metadata.clone() }
    }

    /// The tags as names and values.
    pub(crate) fn tags(&mut self, shard: &Shard) -> Tags {
        self.begin();
        self.scratch
            .iter()
            .map(|(key, value)| (&**shard.key_text(*key), &**shard.symbol_text(*value)))
            .collect()
    }

    /// Sets a tag for what the VU records from now on.
    pub(crate) fn set_tag(&mut self, shard: &mut Shard, name: &str, value: &str) {
        let (key, symbol) = (shard.tag_key(name), shard.symbol(value));
        self.current = None;
        if let Some(group) = self.group_of(key) {
            *group = Group { path: value.to_owned(), symbol: Some(symbol) };
            return;
        }
        self.base.retain(|(known, _)| *known != key);
        self.base.push((key, symbol));
    }

    /// Leaves a tag out of what the VU records from now on.
    pub(crate) fn remove_tag(&mut self, shard: &Shard, name: &str) {
        self.current = None;
        self.base.retain(|(known, _)| **shard.key_text(*known) != *name);
        if name == SystemTag::Group.as_str() {
            self.group_of(tag::GROUP).into_iter().for_each(|group| group.symbol = None);
        }
    }

    fn group_of(&mut self, key: TagKey) -> Option<&mut Group> {
        let is_group = key == tag::GROUP && self.sets(SystemTag::Group);
        self.groups.last_mut().filter(|_| is_group)
    }

    /// The metadata as names and values.
    pub(crate) fn metadata(&self) -> Tags {
        self.metadata.clone().unwrap_or_default()
    }

    /// Sets one of the metadata for what the VU records from now on.
    pub(crate) fn set_metadata(&mut self, name: &str, value: &str) {
        self.metadata = Some(self.metadata().iter().chain([(name, value)]).collect());
    }

    /// Leaves one of the metadata out from now on.
    pub(crate) fn remove_metadata(&mut self, name: &str) {
        let rest: Tags = self.metadata().iter().filter(|(known, _)| *known != name).collect();
        self.metadata = (!rest.is_empty()).then_some(rest);
    }
}
