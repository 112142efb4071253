//! The whole network of an architecture or a model: its graph, what is folded and chosen in it, and the
//! time of its nodes.

pub mod graph;
pub mod layout;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::graph::NetworkGraph;
use self::layout::NetworkLayout;
use crate::inspect::network::NetworkKey;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::backend::Cancel;
use untrained::job::{ExportedNetworks, chain};

/// Networks with more nodes have their cells folded at first.
const UNFOLDED: usize = 200;
/// Images of a pass that is timed.
const TIMED_IMAGES: usize = 8;

/// What the colours of nodes show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeHeat {
    /// The operation.
    #[default]
    Operation,
    /// Parameters.
    Params,
    /// Multiply-adds.
    Macs,
    /// The memory of its output.
    Output,
    /// The memory of all activations while it runs.
    Live,
    /// Measured time.
    Time,
    /// The share of active units.
    Active,
}

impl NodeHeat {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Operation,
        Self::Params,
        Self::Macs,
        Self::Output,
        Self::Live,
        Self::Time,
        Self::Active,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Params => "params",
            Self::Macs => "macs",
            Self::Output => "output memory",
            Self::Live => "live memory",
            Self::Time => "time",
            Self::Active => "active units",
        }
    }

    /// What it is.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Operation => "Each operation has a colour",
            Self::Params => "Trainable parameters",
            Self::Macs => "Multiply-adds for one image",
            Self::Output => "Bytes of the output for one image, in 32-bit values",
            Self::Live => {
                "Bytes of all activations that are kept while a node runs, if nodes run one after another: \
                 the highest is the peak"
            }
            Self::Time => {
                "Milliseconds of one thread for one image, measured on the processor. Nodes that are \
                 computed together count where the value is stored"
            }
            Self::Active => "Share of units that are on, once the kernel matrix is computed",
        }
    }
}

/// The measured time of nodes.
#[derive(Default)]
pub enum NodeTimes {
    /// It was not asked for.
    #[default]
    None,
    /// It is measured.
    Measuring(Arc<Cancel>),
    /// Milliseconds for one image, by node.
    Ready(Vec<f64>),
    /// Why there is none.
    Failed(String),
}

/// A network that is shown.
pub struct ShownNetwork {
    /// No other one has this number.
    pub id: u64,
    /// What it is.
    pub title: String,
    /// What it is exported as.
    pub networks: Arc<ExportedNetworks>,
    /// What is known about it otherwise, if it is one of results.
    pub key: Option<NetworkKey>,
    /// The graph, or why there is none; nothing while it is built.
    pub graph: Option<Result<Arc<NetworkGraph>, String>>,
    /// Where nodes are, once that is found.
    pub layout: Option<Arc<NetworkLayout>>,
    /// The cells that are folded.
    pub folded: BTreeSet<usize>,
    /// What colours show.
    pub heat: NodeHeat,
    /// The node that is chosen.
    pub selected: Option<usize>,
    /// How often a node was to be brought in sight.
    pub reveals: u64,
    /// What is searched for.
    pub search: String,
    /// The nodes that were found.
    pub found: Vec<usize>,
    /// The time of nodes.
    pub times: NodeTimes,
    /// The number of its layout.
    pub laid_out: u64,
    layouts: u64,
}

impl ShownNetwork {
    /// Its graph, if it is there.
    pub fn ready(&self) -> Option<&Arc<NetworkGraph>> {
        self.graph.as_ref()?.as_ref().ok()
    }
}

/// A change of the network that is shown.
#[derive(Clone, Debug)]
pub enum NetworkAction {
    /// Folds the cell of that number, or unfolds it.
    Toggle(usize),
    /// Folds all cells, or unfolds them.
    FoldAll(bool),
    /// Chooses a node; with `true`, it is brought in sight.
    Select(Option<usize>, bool),
    /// Searches for a text.
    Search(String),
    /// Chooses the next node that was found.
    Next,
    /// Shows something else by colours.
    Heat(NodeHeat),
    /// Measures the time of nodes.
    MeasureTimes,
    /// Stops that.
    StopTimes,
}

/// The network of the view.
#[derive(Default)]
pub struct NetworkView {
    shown: Option<ShownNetwork>,
    ids: u64,
}

impl NetworkView {
    /// The network that is shown.
    pub fn shown(&self) -> Option<&ShownNetwork> {
        self.shown.as_ref()
    }

    /// Shows the first of some networks, unless it is shown already.
    pub fn show(
        &mut self,
        tasks: &mut TaskRunner,
        (title, networks): (String, ExportedNetworks),
        key: Option<NetworkKey>,
    ) {
        let is_same = |shown: &ShownNetwork| {
            shown.title == title && shown.key == key && !matches!(shown.graph, Some(Err(_)))
        };
        if self.shown.as_ref().is_some_and(is_same) {
            return;
        }
        self.stop_times();
        self.ids += 1;
        let (id, networks) = (self.ids, Arc::new(networks));
        let built = networks.clone();
        tasks.start("network", move |sender| {
            let graph = built.network(0).map(|network| NetworkGraph::new(network.graph()));
            let graph = graph.map(Arc::new).map_err(|error| chain(&error));
            sender.send(Message::NetworkBuilt(id, graph));
        });
        self.shown = Some(ShownNetwork {
            id,
            title,
            networks,
            key,
            graph: None,
            layout: None,
            folded: BTreeSet::new(),
            heat: NodeHeat::default(),
            selected: None,
            reveals: 0,
            search: String::new(),
            found: Vec::new(),
            times: NodeTimes::None,
            laid_out: 0,
            layouts: 0,
        });
    }

    /// Takes the graph of a network.
    pub fn on_built(
        &mut self,
        tasks: &mut TaskRunner,
        id: u64,
        graph: Result<Arc<NetworkGraph>, String>,
    ) {
        let Some(shown) = self.of(id) else { return };
        if let Ok(graph) = &graph
            && graph.nodes.len() > UNFOLDED
        {
            shown.folded = (0..graph.groups.len()).collect();
        }
        shown.graph = Some(graph);
        shown.lay_out(tasks);
    }

    /// Takes the places of nodes, unless something was folded since.
    pub fn on_laid_out(&mut self, id: u64, generation: u64, layout: Arc<NetworkLayout>) {
        if let Some(shown) = self.of(id).filter(|shown| shown.layouts == generation) {
            (shown.layout, shown.laid_out) = (Some(layout), generation);
        }
    }

    /// Takes the time of nodes, and shows it.
    pub fn on_timed(&mut self, id: u64, times: Result<Vec<f64>, String>) {
        let Some(shown) = self.of(id) else { return };
        // What was stopped is no longer waited for.
        if !matches!(shown.times, NodeTimes::Measuring(_)) {
            return;
        }
        shown.times = match times {
            Ok(times) => {
                shown.heat = NodeHeat::Time;
                NodeTimes::Ready(times)
            }
            Err(why) => NodeTimes::Failed(why),
        };
    }

    fn of(&mut self, id: u64) -> Option<&mut ShownNetwork> {
        self.shown.as_mut().filter(|shown| shown.id == id)
    }

    fn stop_times(&mut self) {
        if let Some(shown) = &mut self.shown
            && let NodeTimes::Measuring(cancel) = &shown.times
        {
            cancel.cancel();
            shown.times = NodeTimes::None;
        }
    }

    /// Applies a change.
    pub fn apply(&mut self, tasks: &mut TaskRunner, action: NetworkAction) {
        if matches!(action, NetworkAction::StopTimes) {
            return self.stop_times();
        }
        let Some(shown) = &mut self.shown else { return };
        match action {
            NetworkAction::Toggle(group) => {
                if !shown.folded.remove(&group) {
                    shown.folded.insert(group);
                }
                shown.lay_out(tasks);
            }
            NetworkAction::FoldAll(folds) => {
                let groups = shown.ready().map_or(0, |graph| graph.groups.len());
                shown.folded = if folds { (0..groups).collect() } else { BTreeSet::new() };
                shown.lay_out(tasks);
            }
            NetworkAction::Select(node, reveals) => shown.select(node, reveals),
            NetworkAction::Search(text) => {
                shown.found = shown.ready().map(|graph| graph.matching(&text)).unwrap_or_default();
                shown.search = text;
                if let Some(&first) = shown.found.first() {
                    shown.select(Some(first), true);
                }
            }
            NetworkAction::Next => {
                let after = |node: &&usize| shown.selected.is_none_or(|now| **node > now);
                let next = shown.found.iter().find(after).or(shown.found.first()).copied();
                if next.is_some() {
                    shown.select(next, true);
                }
            }
            NetworkAction::Heat(heat) => shown.heat = heat,
            NetworkAction::MeasureTimes => shown.measure(tasks),
            NetworkAction::StopTimes => {}
        }
    }
}

impl ShownNetwork {
    fn select(&mut self, node: Option<usize>, reveals: bool) {
        self.selected = node;
        self.reveals += u64::from(reveals);
    }

    fn lay_out(&mut self, tasks: &mut TaskRunner) {
        let Some(graph) = self.ready().cloned() else { return };
        self.layouts += 1;
        let (id, generation, folded) = (self.id, self.layouts, self.folded.clone());
        tasks.start("layout", move |sender| {
            let layout = Arc::new(NetworkLayout::new(&graph, &folded));
            sender.send(Message::NetworkLaidOut(id, generation, layout));
        });
    }

    fn measure(&mut self, tasks: &mut TaskRunner) {
        if matches!(self.times, NodeTimes::Measuring(_)) {
            return;
        }
        let cancel = Arc::new(Cancel::new());
        self.times = NodeTimes::Measuring(cancel.clone());
        let (id, networks) = (self.id, self.networks.clone());
        tasks.start("times", move |sender| {
            let network = networks.network(0);
            let times = network.and_then(|network| network.node_times_ms(TIMED_IMAGES, &cancel));
            if !cancel.is_cancelled() {
                sender.send(Message::NodesTimed(id, times.map_err(|error| chain(&error))));
            }
        });
    }
}
