//! Upper-triangular adjacency matrices of a few vertices, as bits.

/// The most vertices of a cell, input and output included.
pub(super) const MAX_VERTICES: usize = 7;
/// The most vertices between input and output.
pub(super) const MAX_INNER: usize = MAX_VERTICES - 2;
/// The most edges of a cell.
pub(super) const MAX_EDGES: usize = pairs(MAX_VERTICES);

/// The pairs of so many vertices.
pub(super) const fn pairs(vertices: usize) -> usize {
    vertices * (vertices - 1) / 2
}

/// The vertices of a graph in a new order: by new position, the old one. Entries beyond the graph's
/// vertices mean nothing.
pub(super) type VertexOrder = [usize; MAX_VERTICES];

/// A directed graph of 2 to [`MAX_VERTICES`] vertices whose edges lead to later vertices. The first
/// vertex is the input, the last one the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct AdjacencyMatrix {
    vertices: usize,
    /// The upper triangle row by row, its first entry the highest bit.
    bits: u32,
}

impl AdjacencyMatrix {
    /// The graph of an upper triangle; bits beyond it are cut off.
    pub(super) fn new(vertices: usize, bits: u32) -> Self {
        Self { vertices, bits: bits & ((1 << pairs(vertices)) - 1) }
    }

    /// A graph without edges.
    pub(super) fn empty(vertices: usize) -> Self {
        Self { vertices, bits: 0 }
    }

    pub(super) fn vertices(self) -> usize {
        self.vertices
    }

    /// The last vertex.
    pub(super) fn output(self) -> usize {
        self.vertices - 1
    }

    /// The vertices between input and output.
    pub(super) fn inner(self) -> std::ops::Range<usize> {
        1..self.output()
    }

    fn mask(self, from: usize, to: usize) -> u32 {
        let row = from * (2 * self.vertices - from - 1) / 2;
        1 << (pairs(self.vertices) - 1 - (row + to - from - 1))
    }

    pub(super) fn has(self, from: usize, to: usize) -> bool {
        from < to && self.bits & self.mask(from, to) != 0
    }

    /// The same graph with one edge more, or with one less where it is there.
    pub(super) fn flipped(self, from: usize, to: usize) -> Self {
        Self { bits: self.bits ^ self.mask(from, to), ..self }
    }

    /// All pairs `(from, to)` of the upper triangle, row by row.
    pub(super) fn places(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        let count = self.vertices;
        (0..count).flat_map(move |from| (from + 1..count).map(move |to| (from, to)))
    }

    /// The edges, row by row.
    pub(super) fn edges(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        self.places().filter(move |&(from, to)| self.has(from, to))
    }

    pub(super) fn edge_count(self) -> usize {
        self.bits.count_ones() as usize
    }

    /// The vertices that an edge leads from to `vertex`.
    pub(super) fn sources(self, vertex: usize) -> impl Iterator<Item = usize> {
        (0..vertex).filter(move |&from| self.has(from, vertex))
    }

    /// Whether an edge leads from every vertex but the output and to every vertex but the input, so
    /// that each of them lies on a path from input to output.
    pub(super) fn is_full(self) -> bool {
        let last = self.output();
        (0..last).all(|from| self.outgoing(from) != 0)
            && (1..=last).all(|to| self.sources(to).next().is_some())
    }

    /// The edges that leave a vertex, as bits.
    fn outgoing(self, from: usize) -> u32 {
        let (row, width) = (from * (2 * self.vertices - from - 1) / 2, self.vertices - 1 - from);
        let below = pairs(self.vertices) - row - width;
        (self.bits >> below) & ((1 << width) - 1)
    }

    /// What is left without the vertices that lie on no path from input to output, with their old
    /// positions; `None` where no path leads from input to output.
    ///
    /// This is `ModelSpec._prune` of the benchmark's code.
    pub(super) fn pruned(self) -> Option<(Self, VertexOrder)> {
        let (mut reached, mut used) = (1_u32, 1_u32 << self.output());
        for (from, to) in self.edges() {
            reached |= (reached >> from & 1) << to;
        }
        for (from, to) in self.edges().rev() {
            used |= (used >> to & 1) << from;
        }
        let live = reached & used;
        if live >> self.output() & 1 == 0 {
            return None;
        }
        let mut order = VertexOrder::default();
        let mut vertices = 0;
        for vertex in (0..self.vertices).filter(|vertex| live >> vertex & 1 == 1) {
            order[vertices] = vertex;
            vertices += 1;
        }
        let mut pruned = Self::empty(vertices);
        for (from, to) in pruned.places().filter(|&(from, to)| self.has(order[from], order[to])) {
            pruned.bits |= pruned.mask(from, to);
        }
        Some((pruned, order))
    }

    /// The graph with its vertices in another order, in which edges still lead to later vertices.
    pub(super) fn reordered(self, order: &VertexOrder) -> Self {
        let mut position = VertexOrder::default();
        for (new, &old) in order.iter().enumerate().take(self.vertices) {
            position[old] = new;
        }
        let mut reordered = Self::empty(self.vertices);
        for (from, to) in self.edges() {
            reordered.bits |= reordered.mask(position[from], position[to]);
        }
        reordered
    }

    /// Visits every order of the vertices in which edges lead to later vertices, input first and
    /// output last, until a visit returns false.
    pub(super) fn for_each_order(self, visit: &mut dyn FnMut(&VertexOrder) -> bool) {
        let mut order = VertexOrder::default();
        order[self.output()] = self.output();
        let mut needs = [0_u32; MAX_VERTICES];
        for (from, to) in self.edges().filter(|&(from, _)| from > 0) {
            needs[to] |= 1 << from;
        }
        self.extend(&mut order, 1, 0, &needs, visit);
    }

    /// Puts every vertex that can stand at `position` there; `placed` are those before it.
    fn extend(
        self,
        order: &mut VertexOrder,
        position: usize,
        placed: u32,
        needs: &[u32; MAX_VERTICES],
        visit: &mut dyn FnMut(&VertexOrder) -> bool,
    ) -> bool {
        if position == self.output() {
            return visit(order);
        }
        self.inner().all(|vertex| {
            let ready = placed >> vertex & 1 == 0 && needs[vertex] & !placed == 0;
            order[position] = vertex;
            !ready || self.extend(order, position + 1, placed | 1 << vertex, needs, visit)
        })
    }

    /// All graphs of so many vertices and at most so many edges in which every vertex lies on a path
    /// from input to output, in the order of their upper triangles as texts.
    pub(super) fn all_full(vertices: usize, max_edges: usize) -> impl Iterator<Item = Self> {
        let graphs = (0..1_u32 << pairs(vertices)).map(move |bits| Self { vertices, bits });
        graphs.filter(move |graph| graph.edge_count() <= max_edges && graph.is_full())
    }
}

/// The graph of an upper triangle whose rows are joined by `-`.
#[cfg(test)]
pub(super) fn from_rows(rows: &str) -> AdjacencyMatrix {
    let bits = u32::from_str_radix(&rows.replace('-', ""), 2).unwrap();
    AdjacencyMatrix::new(rows.split('-').count() + 1, bits)
}
