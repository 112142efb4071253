//! The graph hash of NAS-Bench-101: `graph_util.hash_module` in the benchmark's code.

use md5::{Digest, Md5};

use super::matrix::AdjacencyMatrix;

/// An MD5 digest as lower-case hexadecimal digits.
type Md5Digits = [u8; 32];

/// The hash of a graph with its operations, as in the benchmark's files. It is that of the vertices'
/// hashes in sorted order, each of which starts from the vertex's degrees and operation and takes
/// in the hashes of its neighbours as often as there are vertices.
pub(super) fn hash(matrix: AdjacencyMatrix, operations: &[u8]) -> String {
    let vertices = matrix.vertices();
    let mut hashes: Vec<Md5Digits> = (0..vertices).map(|v| first(matrix, operations, v)).collect();
    for _ in 0..vertices {
        hashes = (0..vertices).map(|vertex| next(matrix, &hashes, vertex)).collect();
    }
    hashes.sort_unstable();
    let list: Vec<String> = hashes.iter().map(|hash| format!("'{}'", text(hash))).collect();
    text(&md5(format!("[{}]", list.join(", ")).as_bytes()))
}

/// `md5(str((out_degree, in_degree, label)))`.
fn first(matrix: AdjacencyMatrix, operations: &[u8], vertex: usize) -> Md5Digits {
    let label = match vertex {
        0 => -1,
        vertex if vertex == matrix.output() => -2,
        vertex => i32::from(operations[vertex - 1]),
    };
    let outgoing = (0..matrix.vertices()).filter(|&to| matrix.has(vertex, to)).count();
    let incoming = matrix.sources(vertex).count();
    md5(format!("({outgoing}, {incoming}, {label})").as_bytes())
}

/// `md5(sorted(in) joined + "|" + sorted(out) joined + "|" + own)`.
fn next(matrix: AdjacencyMatrix, hashes: &[Md5Digits], vertex: usize) -> Md5Digits {
    let mut incoming: Vec<&Md5Digits> = matrix.sources(vertex).map(|from| &hashes[from]).collect();
    let outgoing = (0..matrix.vertices()).filter(|&to| matrix.has(vertex, to));
    let mut outgoing: Vec<&Md5Digits> = outgoing.map(|to| &hashes[to]).collect();
    incoming.sort_unstable();
    outgoing.sort_unstable();
    let mut digest = Md5::new();
    incoming.iter().for_each(|hash| digest.update(hash));
    digest.update(b"|");
    outgoing.iter().for_each(|hash| digest.update(hash));
    digest.update(b"|");
    digest.update(hashes[vertex]);
    digits(digest.finalize().into())
}

fn md5(bytes: &[u8]) -> Md5Digits {
    digits(Md5::digest(bytes).into())
}

fn digits(digest: [u8; 16]) -> Md5Digits {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    digits
}

fn text(hash: &Md5Digits) -> String {
    hash.iter().map(|&digit| char::from(digit)).collect()
}
