//! The mesh that shows the points of a scatter plot. It is rebuilt when its content changes, not for
//! every frame.

use std::sync::Arc;

use egui::epaint::Vertex;
use egui::{Color32, Mesh, Pos2, Rect, TextureId, Vec2, pos2};
use egui_plot::PlotTransform;

use crate::results::cloud::{ScatterCloud, ScatterDot};

/// A mesh of points and where they are on the screen.
#[derive(Default)]
pub struct PointMesh {
    /// What to draw.
    pub mesh: Arc<Mesh>,
    /// The middle of every point of the cloud with its row.
    pub places: Vec<(Pos2, u32)>,
}

impl PointMesh {
    /// Points of a cloud, then those that are selected on top.
    pub fn new(
        cloud: &ScatterCloud,
        selected: &[ScatterDot],
        accent: Color32,
        disc: TextureId,
        transform: &PlotTransform,
    ) -> Self {
        let mut mesh = Mesh::with_texture(disc);
        let place = |dot: &ScatterDot| transform.position_from_point(&dot.at.into());
        let radius = if cloud.dots.len() > 2_000 { 2.4 } else { 3.0 };
        let frame = transform.frame().expand(radius);
        let mut places = Vec::with_capacity(cloud.dots.len());
        for dot in &cloud.dots {
            let middle = place(dot);
            if frame.contains(middle) {
                places.push((middle, dot.row));
                add(&mut mesh, middle, radius, dot.shade);
            }
        }
        for middle in selected.iter().map(place).filter(|middle| frame.contains(*middle)) {
            add(&mut mesh, middle, radius + 1.0, accent);
        }
        Self { mesh: Arc::new(mesh), places }
    }
}

/// A square with the picture of a disc.
fn add(mesh: &mut Mesh, middle: Pos2, radius: f32, color: Color32) {
    let rect = Rect::from_center_size(middle, Vec2::splat(2.0 * radius));
    let first = mesh.vertices.len() as u32;
    let corner = |pos: Pos2, x: f32, y: f32| Vertex { pos, uv: pos2(x, y), color };
    mesh.vertices.extend([
        corner(rect.left_top(), 0.0, 0.0),
        corner(rect.right_top(), 1.0, 0.0),
        corner(rect.left_bottom(), 0.0, 1.0),
        corner(rect.right_bottom(), 1.0, 1.0),
    ]);
    mesh.indices.extend([0, 1, 2, 2, 1, 3].map(|at| first + at));
}

/// The picture of a disc with a soft edge.
pub fn disc() -> egui::ColorImage {
    const SIDE: usize = 12;
    let middle = (SIDE as f32 - 1.0) / 2.0;
    let level = |at: usize| {
        let (x, y) = ((at % SIDE) as f32 - middle, (at / SIDE) as f32 - middle);
        let inside = (middle - x.hypot(y)).clamp(0.0, 1.0);
        Color32::from_white_alpha((inside * 255.0) as u8)
    };
    egui::ColorImage::new([SIDE; 2], (0..SIDE * SIDE).map(level).collect())
}
