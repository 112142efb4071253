//! The layers of the network that is shown: a row for each node, chosen together with it.

use egui::{Align, Layout, RichText, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};

use super::nodes::{NodeValues, shape};
use crate::action::Action;
use crate::network::layout::NetworkItem;
use crate::network::{NetworkAction, ShownNetwork};
use crate::views::context::ViewContext;

/// The height of a row.
const ROW: f32 = 17.0;

/// Shows the table; the row of a node that is newly chosen comes in sight.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, shown: &ShownNetwork, values: &NodeValues) {
    let id = ui.scope_id().with("scrolled to");
    let before = ui.data(|data| data.get_temp::<(u64, Option<usize>)>(id));
    let now = (shown.id, shown.selected);
    let scrolls = before != Some(now);
    ui.data_mut(|data| data.insert_temp(id, now));
    let columns = values.columns();
    let mut clicked = None;
    ui.strong(format!("{} layers", values.count()));
    if let Some(node) = shown.selected {
        let about = values.description(NetworkItem::Node(node)).replace('\n', ", ");
        ui.add(egui::Label::new(RichText::new(format!("Chosen: {about}")).small()).wrap());
    }
    ScrollArea::horizontal().id_salt("network layers across").auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt("network layers")
            .striped(true)
            .sense(egui::Sense::click())
            .auto_shrink(false)
            .min_scrolled_height(0.0)
            .animate_scrolling(false)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::initial(130.0).at_least(60.0).clip(true).resizable(true))
            .column(Column::initial(84.0).at_least(50.0).clip(true).resizable(true));
        for _ in &columns {
            builder =
                builder.column(Column::initial(82.0).at_least(50.0).clip(true).resizable(true));
        }
        builder = builder.column(Column::remainder().at_least(160.0).clip(true));
        if let Some(row) = shown.selected.filter(|_| scrolls) {
            builder = builder.scroll_to_row(row, None);
        }
        builder
            .header(ROW + 2.0, |mut row| {
                for name in ["operation", "shape CxHxW"] {
                    row.col(|ui| drop(ui.strong(name)));
                }
                for heat in &columns {
                    row.col(|ui| drop(ui.strong(heat.name()).on_hover_text(heat.about())));
                }
                row.col(|ui| drop(ui.strong("layer")));
            })
            .body(|body| {
                body.rows(ROW, values.count(), |mut row| {
                    let at = row.index();
                    let node = &values.nodes()[at];
                    row.set_selected(shown.selected == Some(at));
                    row.col(|ui| text(ui, &node.op));
                    row.col(|ui| text(ui, &shape(node)));
                    for heat in &columns {
                        row.col(|ui| {
                            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                                text(ui, &values.cell(*heat, at));
                            });
                        });
                    }
                    row.col(|ui| text(ui, &node.label));
                    if row.response().clicked() {
                        clicked = Some(at);
                    }
                });
            });
    });
    if let Some(node) = clicked {
        context.send(Action::Network(NetworkAction::Select(Some(node), true)));
    }
}

fn text(ui: &mut Ui, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).small()).truncate().selectable(false));
}
