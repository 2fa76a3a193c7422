//! The heaviest set of nodes that holds all that its nodes need: a maximum closure by maximum flow
//! (J.-C. Picard, Management Science 22 (1976) 1268–1272; paths by E. A. Dinic, 1970).

/// A graph of nodes with weights, and what each needs.
#[derive(Debug, Clone)]
pub(crate) struct Closure {
    /// Where each arc leads; the arc back stands at the index with its last bit changed.
    to: Vec<usize>,
    /// What each arc could still carry.
    room: Vec<i64>,
    /// The arcs of each node, source and sink last.
    arcs: Vec<Vec<usize>>,
    /// Arcs of needs, to be filled up again; those of weights follow.
    needs: usize,
    level: Vec<u32>,
    next: Vec<usize>,
}

const UNSEEN: u32 = u32::MAX;

impl Closure {
    /// A graph of `nodes`, with (node, what it needs).
    pub(crate) fn new(nodes: usize, needs: &[(usize, usize)]) -> Self {
        let mut graph = Self {
            to: Vec::new(),
            room: Vec::new(),
            arcs: vec![Vec::new(); nodes + 2],
            needs: needs.len(),
            level: vec![UNSEEN; nodes + 2],
            next: vec![0; nodes + 2],
        };
        needs
            .iter()
            .for_each(|(node, needed)| graph.add_arc(*node, *needed));
        for node in 0..nodes {
            graph.add_arc(nodes, node);
            graph.add_arc(node, nodes + 1);
        }
        graph
    }

    fn add_arc(&mut self, from: usize, to: usize) {
        for (from, to) in [(from, to), (to, from)] {
            self.arcs[from].push(self.to.len());
            self.to.push(to);
            self.room.push(0);
        }
    }

    /// The weight of the heaviest closed set. [`Closure::holds`] then tells who is in it.
    pub(crate) fn solve(&mut self, weights: &[i64]) -> i64 {
        self.room.fill(0);
        for need in 0..self.needs {
            self.room[2 * need] = i64::MAX / 4;
        }
        for (node, weight) in weights.iter().enumerate() {
            let arc = 2 * (self.needs + 2 * node);
            self.room[arc] = (*weight).max(0);
            self.room[arc + 2] = (-*weight).max(0);
        }
        let (source, sink) = (weights.len(), weights.len() + 1);
        let mut value: i64 = weights.iter().map(|weight| (*weight).max(0)).sum();
        while self.levels(source, sink) {
            self.next.fill(0);
            loop {
                let sent = self.send(source, sink);
                if sent == 0 {
                    break;
                }
                value -= sent;
            }
        }
        value
    }

    /// Whether the node is in the smallest heaviest set.
    pub(crate) fn holds(&self, node: usize) -> bool {
        self.level[node] != UNSEEN
    }

    fn levels(&mut self, source: usize, sink: usize) -> bool {
        self.level.fill(UNSEEN);
        self.level[source] = 0;
        let mut queue = vec![source];
        let mut head = 0;
        while let Some(node) = queue.get(head).copied() {
            head += 1;
            for arc in &self.arcs[node] {
                let to = self.to[*arc];
                if self.room[*arc] > 0 && self.level[to] == UNSEEN {
                    self.level[to] = self.level[node] + 1;
                    queue.push(to);
                }
            }
        }
        self.level[sink] != UNSEEN
    }

    /// Sends along one path, as labelled; 0 when none is left.
    fn send(&mut self, source: usize, sink: usize) -> i64 {
        let mut path: Vec<usize> = Vec::new();
        let mut node = source;
        while node != sink {
            let Some(arc) = self.arcs[node].get(self.next[node]).copied() else {
                let Some(arc) = path.pop() else {
                    return 0;
                };
                node = self.to[arc ^ 1];
                self.next[node] += 1;
                continue;
            };
            let to = self.to[arc];
            if self.room[arc] > 0 && self.level[to] == self.level[node].saturating_add(1) {
                path.push(arc);
                node = to;
            } else {
                self.next[node] += 1;
            }
        }
        let sent = path.iter().map(|arc| self.room[*arc]).min().unwrap_or(0);
        for arc in path {
            self.room[arc] -= sent;
            self.room[arc ^ 1] += sent;
        }
        sent
    }
}
