//! A small scene, written and read back by another program's reader.

use std::sync::Arc;

use egui::epaint::CubicBezierShape;
use egui::{Align2, Color32, ColorImage, FontId, Pos2, Rect, Stroke, Vec2, vec2};
use resvg::tiny_skia::Pixmap;
use resvg::usvg::{Group, ImageKind, Node, Options, Paint, Tree};

use super::capture::MARGIN;
use super::svg::svg;
use super::text::FontFaces;
use super::{CaptureQueue, CapturedPicture, exportable, write};

const RED: Color32 = Color32::from_rgb(200, 0, 0);
const GREEN: Color32 = Color32::from_rgb(0, 160, 0);
const BLUE: Color32 = Color32::from_rgb(0, 0, 220);
const SIZE: f32 = 100.0;
/// The height of the title above it.
const TITLE: f32 = 18.0;

/// What there is in the scene at a place of its own each.
fn paint(painter: &egui::Painter, origin: Pos2, texture: egui::TextureId) {
    let at = |x: f32, y: f32| origin + vec2(x, y);
    painter.rect_filled(Rect::from_min_size(at(10.0, 10.0), vec2(20.0, 10.0)), 0.0, RED);
    painter.circle_filled(at(60.0, 20.0), 8.0, GREEN);
    painter.line_segment([at(10.0, 40.0), at(90.0, 40.0)], Stroke::new(4.0, BLUE));
    let curve = [at(10.0, 50.0), at(40.0, 50.0), at(60.0, 60.0), at(90.0, 60.0)];
    let stroke = Stroke::new(2.0, RED);
    painter.add(CubicBezierShape::from_points_stroke(curve, false, Color32::TRANSPARENT, stroke));
    painter.text(at(10.0, 66.0), Align2::LEFT_TOP, "a<b & c", FontId::proportional(12.0), RED);
    let image = Rect::from_min_size(at(60.0, 70.0), vec2(20.0, 20.0));
    egui::Image::new((texture, image.size())).paint_at(&painter_ui(painter), image);
    // Outside its clip: no part of the picture.
    let clipped = painter.with_clip_rect(Rect::from_min_size(at(0.0, 90.0), vec2(30.0, 10.0)));
    clipped.rect_filled(Rect::from_min_size(at(0.0, 80.0), vec2(10.0, 20.0)), 0.0, GREEN);
}

fn painter_ui(painter: &egui::Painter) -> egui::Ui {
    let mut ui = egui::Ui::new(
        painter.ctx().clone(),
        egui::Id::unique("image"),
        egui::UiBuilder::new().layer_id(painter.layer_id()),
    );
    ui.set_clip_rect(painter.clip_rect());
    ui
}

/// The scene as the mechanism takes it, from a window in which half of it is scrolled out of sight.
fn scene() -> CapturedPicture {
    let window = egui::Context::default();
    let desk = CaptureQueue::of(&window);
    let image = Arc::new(ColorImage::new([2, 1], vec![RED, BLUE]));
    let texture = window.load_texture("image", image.clone(), egui::TextureOptions::NEAREST);
    desk.image(&window, texture.id(), image);
    for _ in 0..2 {
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(300.0, 300.0))),
            ..egui::RawInput::default()
        };
        let output = window.run_ui(input, |ui| {
            ui.set_clip_rect(Rect::from_min_size(Pos2::ZERO, vec2(300.0, 50.0)));
            exportable(ui, "scene", |ui| {
                let (response, painter) =
                    ui.allocate_painter(vec2(SIZE, SIZE), egui::Sense::hover());
                paint(&painter, response.rect.min, texture.id());
            });
        });
        output.drop_without_applying_deltas();
        desk.want(&window, "scene");
    }
    let mut taken = std::mem::take(&mut desk.lock().taken);
    assert_eq!(taken.len(), 1);
    taken.remove(0)
}

fn nodes(group: &Group, found: &mut Vec<Node>) {
    for node in group.children() {
        match node {
            Node::Group(group) => nodes(group, found),
            other => found.push(other.clone()),
        }
    }
}

fn tree(picture: &CapturedPicture) -> (Vec<Node>, String) {
    let faces = FontFaces::new(&picture.fonts);
    let text = svg(picture, &faces);
    let options = Options { fontdb: faces.database.clone(), ..Options::default() };
    let tree = Tree::from_str(&text, &options).unwrap();
    let mut found = Vec::new();
    nodes(tree.root(), &mut found);
    (found, text)
}

fn fills(nodes: &[Node], colour: Color32) -> usize {
    let is = |paint: &Paint| match paint {
        Paint::Color(found) => [found.red, found.green, found.blue] == colour.to_array()[..3],
        _ => false,
    };
    let paths = nodes.iter().filter_map(|node| match node {
        Node::Path(path) => Some(path),
        _ => None,
    });
    paths.filter(|path| path.fill().is_some_and(|fill| is(fill.paint()))).count()
}

#[test]
fn an_svg_holds_every_shape_with_its_colour_and_every_text() {
    let picture = scene();
    assert_eq!(picture.rect.size(), vec2(SIZE, SIZE + TITLE) + Vec2::splat(2.0 * MARGIN));
    let (nodes, text) = tree(&picture);
    assert_eq!((fills(&nodes, RED), fills(&nodes, GREEN)), (1, 2), "{text}");
    assert_eq!(fills(&nodes, BLUE), 0, "a line is not filled");
    let texts: Vec<String> = nodes
        .iter()
        .filter_map(|node| match node {
            Node::Text(text) => Some(text.chunks().iter().map(|chunk| chunk.text()).collect()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["Scene", "a<b & c"]);
    let is_png = |node: &&Node| matches!(node, Node::Image(image) if matches!(image.kind(), ImageKind::PNG(_)));
    assert_eq!(nodes.iter().filter(is_png).count(), 1);
    assert!(text.contains("<title>scene</title>") && text.contains("clip-path"));
}

// The place of every shape, twice as many points as the window has; what is clipped is not there.
#[test]
fn a_png_has_the_right_colours_in_the_right_places() {
    let picture = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = write::write(&picture, &folder.path().join("scene")).unwrap();
    assert!(path.ends_with("scene.png"), "{}", path.display());
    let pixels = Pixmap::load_png(&path).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (232, 268));
    let at = |x: f32, y: f32| {
        let (x, y) = (x + MARGIN, y + MARGIN + TITLE);
        let pixel = pixels.pixel((x * 2.0) as u32, (y * 2.0) as u32).unwrap();
        Color32::from_rgb(pixel.red(), pixel.green(), pixel.blue())
    };
    let behind = picture.background;
    for (x, y, colour) in [
        (20.0, 15.0, RED),
        (60.0, 20.0, GREEN),
        (50.0, 40.0, BLUE),
        (65.0, 80.0, RED),
        (75.0, 80.0, BLUE),
        (5.0, 95.0, GREEN),
        (5.0, 85.0, behind),
        (45.0, 30.0, behind),
        (95.0, 5.0, behind),
        (-4.0, 104.0, behind),
    ] {
        assert_eq!(at(x, y), colour, "{x}, {y}");
    }
    let letters = (10..50).flat_map(|x| (66..80).map(move |y| (x as f32, y as f32)));
    let inked = letters.filter(|&(x, y)| at(x, y) != behind).count();
    assert!((60..500).contains(&inked), "{inked} points of text");
}

// A text keeps the width that it has in the window, so that nothing runs into what is beside it.
#[test]
fn a_text_is_as_wide_as_in_the_window() {
    let (nodes, _) = tree(&scene());
    // The title comes first.
    let text = nodes.iter().rfind(|node| matches!(node, Node::Text(_))).unwrap();
    let width = text.abs_bounding_box().width();
    let window = egui::Context::default();
    let mut expected = 0.0;
    let output = window.run_ui(egui::RawInput::default(), |ui| {
        let font = FontId::proportional(12.0);
        expected = ui.painter().layout_no_wrap("a<b & c".to_owned(), font, RED).size().x;
    });
    output.drop_without_applying_deltas();
    assert!((width - expected).abs() < 2.5, "{width} for {expected}");
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing() {
    let picture = scene();
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| write::write(&picture, &folder.path().join(name)).unwrap_err();
    assert!(refused("a.gif").contains(".png, .svg or .pdf"));
    let why = refused("no such folder/a.svg");
    assert!(why.contains("cannot write") && why.contains("choose another folder"), "{why}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

// A mesh of points has squares with a disc in each; as squares they would look like other points.
#[test]
fn points_of_a_mesh_are_round() {
    let mut picture = scene();
    let mut mesh = egui::Mesh::with_texture(egui::TextureId::Managed(77));
    let square = Rect::from_center_size(picture.rect.center(), Vec2::splat(8.0));
    mesh.add_rect_with_uv(square, Rect::from_min_max(Pos2::ZERO, egui::pos2(1.0, 1.0)), BLUE);
    picture.shapes = vec![clipped(egui::Shape::mesh(mesh))];
    let (nodes, text) = tree(&picture);
    assert!(text.contains("<circle"), "{text}");
    assert_eq!(fills(&nodes, BLUE), 1);
}

fn clipped(shape: egui::Shape) -> egui::epaint::ClippedShape {
    egui::epaint::ClippedShape {
        clip_rect: Rect::EVERYTHING,
        shape,
        transform_after_tessellation: egui::emath::TSTransform::IDENTITY,
    }
}

// The negative control: another scene gives other points.
#[test]
fn a_changed_scene_is_another_picture() {
    let mut picture = scene();
    let before = tree(&picture).1;
    picture.shapes.pop();
    assert_ne!(tree(&picture).1, before);
    picture.shapes.clear();
    assert_eq!(fills(&tree(&picture).0, RED), 0);
}
