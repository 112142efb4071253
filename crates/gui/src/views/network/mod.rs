//! The whole network: its graph, which can be moved, zoomed and folded, and its layers.

mod camera;
mod layers;
mod nodes;
mod paint;

use egui::{Key, Modifiers, Rect, RichText, Sense, TextEdit, Ui, Vec2, vec2};

use self::camera::Camera;
use self::nodes::NodeValues;
use self::paint::{BoxStyle, LEGIBLE, NetworkPainter};
use super::widgets::{self, empty};
use crate::action::Action;
use crate::command::Command;
use crate::inspect::KernelState;
use crate::network::layout::{NetworkItem, NetworkLayout};
use crate::network::{NetworkAction, NodeHeat, NodeTimes, ShownNetwork};
use crate::picture::exportable;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;

/// From this width on, the layers stand beside the graph.
const WIDE: f32 = 900.0;
/// How much a key or a button zooms.
const ZOOM: f32 = 1.25;
/// The longest side of a saved picture, in points.
const PICTURE: f32 = 16_000.0;
/// The largest area of one, in square points.
const AREA: f32 = 12e6;

/// What the view keeps between frames.
#[derive(Default)]
pub struct NetworkCache {
    camera: Camera,
    /// The network that the camera looks at, and its layout.
    looked_at: Option<(u64, u64)>,
    /// How often a node was brought in sight.
    revealed: u64,
    /// The node that stays in its place when cells are folded, and where it is.
    anchor: Option<(usize, Vec2)>,
}

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, cache: &mut NetworkCache) {
    let Some(shown) = context.models().network.shown() else {
        empty(
            ui,
            "No network to show",
            "Choose an architecture in Results, or open a space or a model.",
        );
        ui.vertical_centered(|ui| chrome::button(ui, context, Command::Go(View::Home)));
        return;
    };
    header(ui, context, shown);
    match &shown.graph {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.weak("Building the network");
            });
            return;
        }
        Some(Err(why)) => {
            ui.colored_label(ui.visuals().error_fg_color, why);
            return;
        }
        Some(Ok(_)) => {}
    }
    let values = NodeValues::new(context, shown);
    controls(ui, context, shown, cache, &values);
    let table =
        |ui: &mut Ui, context: &mut ViewContext<'_>| layers::show(ui, context, shown, &values);
    if ui.available_width() >= WIDE {
        egui::Panel::right("network layers")
            .default_size(400.0)
            .size_range(220.0..=640.0)
            .show(ui, |ui| table(ui, context));
    } else {
        let most = (ui.available_height() - 140.0).max(91.0);
        egui::Panel::bottom("network layers below")
            .resizable(true)
            .default_size(150.0)
            .size_range(90.0..=most)
            .show(ui, |ui| table(ui, context));
    }
    graph(ui, context, shown, cache, &values);
}

fn header(ui: &mut Ui, context: &mut ViewContext<'_>, shown: &ShownNetwork) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::SavePicture);
            chrome::button(ui, context, Command::ExportNetworks);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.heading("Network");
                let title = RichText::new(&shown.title).monospace();
                ui.add(egui::Label::new(title).truncate()).on_hover_text(&shown.title);
            });
        });
    });
}

/// Colours, folding, zoom and search.
fn controls(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    shown: &ShownNetwork,
    cache: &mut NetworkCache,
    values: &NodeValues,
) {
    let mut actions = Vec::new();
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("Colour by");
        let mut heat = shown.heat;
        let chosen =
            egui::ComboBox::from_id_salt("heat").selected_text(heat.name()).show_ui(ui, |ui| {
                for one in NodeHeat::ALL {
                    ui.selectable_value(&mut heat, one, one.name()).on_hover_text(one.about());
                }
            });
        chosen.response.labelled_by(label.id);
        if heat != shown.heat {
            actions.push(NetworkAction::Heat(heat));
        }
        if let NodeTimes::Measuring(_) = shown.times {
            ui.spinner();
            ui.label("timing the nodes");
            if ui.button("Stop timing").clicked() {
                actions.push(NetworkAction::StopTimes);
            }
        } else {
            let about = "Time each node on the processor, with random images";
            if ui.button("Measure time").on_hover_text(about).clicked() {
                actions.push(NetworkAction::MeasureTimes);
            }
        }
        let groups = shown.ready().map_or(0, |graph| graph.groups.len());
        for (text, folds) in [("Fold all", true), ("Unfold all", false)] {
            let enabled =
                if folds { shown.folded.len() < groups } else { !shown.folded.is_empty() };
            if ui.add_enabled(enabled, egui::Button::new(text)).clicked() {
                actions.push(NetworkAction::FoldAll(folds));
            }
        }
        if ui.button("Show all").on_hover_text("The whole network (key 0)").clicked() {
            cache.looked_at = None;
            cache.anchor = None;
            cache.revealed = u64::MAX;
        }
        let name = ui.label("Find");
        let mut search = shown.search.clone();
        let edit = TextEdit::singleline(&mut search).hint_text("conv 3x3").desired_width(110.0);
        let response = ui.add(edit).labelled_by(name.id);
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F)) {
            response.request_focus();
        }
        if search != shown.search {
            actions.push(NetworkAction::Search(search));
        } else if entered {
            actions.push(NetworkAction::Next);
            response.request_focus();
        }
        if !shown.search.trim().is_empty() {
            let at = shown.found.iter().position(|node| shown.selected == Some(*node));
            let text = match (at, shown.found.len()) {
                (_, 0) => "not found".to_owned(),
                (Some(at), all) => format!("{} of {all}", at + 1),
                (None, all) => format!("{all} found"),
            };
            ui.weak(text);
        }
    });
    if let NodeTimes::Failed(why) = &shown.times {
        ui.colored_label(ui.visuals().error_fg_color, format!("no times: {why}"));
    }
    match values.scale_ends() {
        Some([low, high]) => {
            widgets::named_colour_bar(ui, shown.heat.name(), values.scale(), [&low, &high]);
        }
        None if shown.heat != NodeHeat::Operation => {
            ui.weak(match shown.heat {
                NodeHeat::Time => "No times yet: measure them.",
                NodeHeat::Active => "No shares yet: they come with the kernel matrix.",
                _ => "This network has none.",
            });
        }
        None => {}
    }
    if shown.heat == NodeHeat::Active && values.scale_ends().is_none() {
        kernel(ui, context, shown);
    }
    actions.into_iter().for_each(|action| context.send(Action::Network(action)));
}

/// Computes the kernel matrix, of which the shares of active units are a part.
fn kernel(ui: &mut Ui, context: &mut ViewContext<'_>, shown: &ShownNetwork) {
    let Some(key) = &shown.key else {
        ui.weak("Score it first, and show its network from Results.");
        return;
    };
    match context.models().inspect.kernel(key) {
        Some(KernelState::Waiting(_)) => {
            ui.spinner();
        }
        Some(KernelState::Failed(why)) => {
            ui.colored_label(ui.visuals().error_fg_color, format!("no kernel matrix: {why}"));
        }
        Some(KernelState::Ready(_)) => {}
        None => {
            if ui.button("Compute kernel matrix").clicked() {
                let job = context.results.by_id(key.results).and_then(|set| set.job.clone());
                context.send(Action::ComputeKernels(vec![(key.clone(), job)]));
            }
        }
    }
}

/// The graph.
fn graph(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    shown: &ShownNetwork,
    cache: &mut NetworkCache,
    values: &NodeValues,
) {
    let Some(layout) = shown.layout.clone() else {
        ui.spinner();
        return;
    };
    exportable(ui, "network graph", |ui| {
        // A picture is of the whole network, whatever is in sight.
        let is_picture = ui.clip_rect() == Rect::EVERYTHING;
        if is_picture {
            let area = (layout.size.x * layout.size.y).max(1.0);
            let longest = layout.size.max_elem().max(1.0);
            let scale = (PICTURE / longest).min((AREA / area).sqrt()).min(1.0);
            let (view, _) = ui.allocate_exact_size(layout.size * scale, Sense::hover());
            let camera = Camera { scale, offset: Vec2::ZERO };
            paint(ui, (view, camera, true), shown, &layout, values);
            return;
        }
        let size = ui.available_size().max(vec2(60.0, 60.0));
        let (view, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        let text = || format!("Network of {} nodes", values.count());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, text()));
        look(cache, shown, &layout, size);
        if response.dragged() {
            cache.camera.offset += response.drag_delta();
        }
        scroll(ui, view, cache);
        keys(ui, context, shown, &layout, (&mut *cache, size));
        let boxes = paint(ui, (view, cache.camera, false), shown, &layout, values);
        pointer(ui, context, (view, &mut *cache), shown, (&layout, &boxes), values);
        if response.clicked() {
            context.send(Action::Network(NetworkAction::Select(None, false)));
        }
    });
}

/// Turns the camera to a new network, keeps a place where cells were folded, and shows what is revealed.
fn look(cache: &mut NetworkCache, shown: &ShownNetwork, layout: &NetworkLayout, size: Vec2) {
    let now = (shown.id, shown.laid_out);
    if cache.looked_at != Some(now) {
        let is_other = cache.looked_at.is_none_or(|(id, _)| id != shown.id);
        let place = |node: usize| layout.boxes[layout.item_of[node]].center();
        match cache.anchor.take() {
            Some((node, at)) if !is_other && node < layout.item_of.len() => {
                cache.camera.put(place(node), at);
            }
            _ if cache.revealed == u64::MAX => cache.camera = Camera::fit(layout.size, size),
            _ => cache.camera = Camera::first(layout.size, size),
        }
        cache.looked_at = Some(now);
        if cache.revealed == u64::MAX || is_other {
            cache.revealed = shown.reveals;
        }
    }
    if cache.revealed != shown.reveals {
        cache.revealed = shown.reveals;
        if let Some(node) = shown.selected {
            // What is sought is large enough to be read.
            if cache.camera.scale < LEGIBLE {
                cache.camera.scale = LEGIBLE;
            }
            cache.camera.reveal(layout.boxes[layout.item_of[node]], size);
        }
    }
}

/// The wheel moves; with Ctrl, or a pinch, it zooms at the pointer.
fn scroll(ui: &Ui, view: Rect, cache: &mut NetworkCache) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else { return };
    if !view.contains(pointer) || !ui.rect_contains_pointer(view) {
        return;
    }
    let (zoom, moved) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
    if zoom != 1.0 {
        cache.camera.zoom(zoom, pointer - view.min);
    } else {
        cache.camera.offset += moved;
    }
}

/// Arrow keys follow edges; Enter folds and unfolds.
fn keys(
    ui: &Ui,
    context: &mut ViewContext<'_>,
    shown: &ShownNetwork,
    layout: &NetworkLayout,
    (cache, size): (&mut NetworkCache, Vec2),
) {
    let elsewhere = ui.memory(|memory| memory.focused().is_some())
        || context.overlay.palette.is_some()
        || context.export.is_some();
    if elsewhere {
        return;
    }
    let arrows = [
        (Key::ArrowUp, vec2(0.0, -1.0)),
        (Key::ArrowDown, vec2(0.0, 1.0)),
        (Key::ArrowLeft, vec2(-1.0, 0.0)),
        (Key::ArrowRight, vec2(1.0, 0.0)),
    ];
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    for (key, direction) in arrows {
        if pressed(key) {
            let now = shown.selected.map(|node| layout.item_of[node]);
            let next = match now {
                Some(item) => layout.next(item, direction),
                None => (!layout.items.is_empty()).then_some(0),
            };
            if let Some(next) = next {
                let node = first_node(shown, layout.items[next]);
                context.send(Action::Network(NetworkAction::Select(Some(node), true)));
            }
        }
    }
    for (key, factor) in [(Key::Plus, ZOOM), (Key::Equals, ZOOM), (Key::Minus, 1.0 / ZOOM)] {
        if pressed(key) {
            cache.camera.zoom(factor, size / 2.0);
        }
    }
    if pressed(Key::Num0) {
        cache.camera = Camera::fit(layout.size, size);
    }
    if pressed(Key::Enter)
        && let Some(node) = shown.selected
    {
        toggle(context, shown, layout, cache, layout.item_of[node]);
    }
}

/// The node that stands for a box.
fn first_node(shown: &ShownNetwork, item: NetworkItem) -> usize {
    match item {
        NetworkItem::Node(node) => node,
        NetworkItem::Group(group) => {
            let graph = shown.ready();
            graph.and_then(|graph| graph.groups[group].nodes.first().copied()).unwrap_or_default()
        }
    }
}

/// Unfolds the cell of a box, or folds the one that its node is in.
fn toggle(
    context: &mut ViewContext<'_>,
    shown: &ShownNetwork,
    layout: &NetworkLayout,
    cache: &mut NetworkCache,
    item: usize,
) {
    let Some(graph) = shown.ready() else { return };
    let group = match layout.items[item] {
        NetworkItem::Group(group) => Some(group),
        NetworkItem::Node(node) => graph.nodes[node].group,
    };
    if let Some(group) = group {
        let at = layout.boxes[item].center().to_vec2() * cache.camera.scale + cache.camera.offset;
        cache.anchor = Some((graph.groups[group].nodes[0], at));
        context.send(Action::Network(NetworkAction::Toggle(group)));
    }
}

/// Paints what is seen, which it returns.
fn paint(
    ui: &Ui,
    (view, camera, is_picture): (Rect, Camera, bool),
    shown: &ShownNetwork,
    layout: &NetworkLayout,
    values: &NodeValues,
) -> Vec<usize> {
    let clip = if is_picture { Rect::EVERYTHING } else { view };
    let painter = ui.painter_at(view).with_clip_rect(clip);
    let visuals = ui.visuals();
    let network = NetworkPainter { painter: &painter, visuals, layout, camera, view, is_picture };
    let boxes = network.seen();
    let selected = shown.selected.map(|node| layout.item_of[node]);
    let found: std::collections::HashSet<usize> =
        shown.found.iter().map(|&node| layout.item_of[node]).collect();
    network.paint(&boxes, |at| BoxStyle {
        fill: values.colour(layout.items[at]),
        text: if camera.scale >= 0.4 || is_picture {
            values.text(layout.items[at])
        } else {
            String::new()
        },
        is_group: matches!(layout.items[at], NetworkItem::Group(_)),
        is_selected: !is_picture && selected == Some(at),
        is_found: !is_picture && found.contains(&at),
    });
    boxes
}

/// What the pointer does with boxes. Those that can be read are named, for people who hear the window.
fn pointer(
    ui: &Ui,
    context: &mut ViewContext<'_>,
    (view, cache): (Rect, &mut NetworkCache),
    shown: &ShownNetwork,
    (layout, boxes): (&NetworkLayout, &[usize]),
    values: &NodeValues,
) {
    let hovered = ui.input(|input| input.pointer.hover_pos());
    for &at in boxes {
        let place = cache.camera.rect(view, layout.boxes[at]).intersect(view);
        let is_hovered = hovered.is_some_and(|pointer| place.contains(pointer));
        if cache.camera.scale < LEGIBLE && !is_hovered {
            continue;
        }
        let item = layout.items[at];
        let response =
            ui.interact(place, ui.scope_id().with(("node", shown.id, at)), Sense::click());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, values.name(item)));
        if response.double_clicked() {
            toggle(context, shown, layout, cache, at);
        } else if response.clicked() {
            let node = first_node(shown, item);
            context.send(Action::Network(NetworkAction::Select(Some(node), false)));
        }
        response.context_menu(|ui| {
            let text = match item {
                NetworkItem::Group(_) => "Unfold",
                NetworkItem::Node(_) => "Fold its cell",
            };
            let has_cell = values.has_cell(item);
            if ui.add_enabled(has_cell, egui::Button::new(text)).clicked() {
                toggle(context, shown, layout, cache, at);
                ui.close();
            }
        });
        if is_hovered {
            response.on_hover_text(values.description(item));
        }
    }
}
