/// A load with what was seen of it at the far end and in the journal.
struct Sustained {
    let results: [LoadGenerator.Result]
    let delivered: Double
    /// What waited after a quarter of the time, and at the end.
    let early: Int, end: Int

    /// `after`: seconds at the beginning that are not counted.
    init(_ results: [LoadGenerator.Result], _ seen: BacklogWatch.Seen, after skip: Double) {
        let open = seen.samples.map(\.open)
        (self.results, delivered) = (results, seen.rate(from: skip))
        (early, end) = (open.isEmpty ? 0 : open[open.count / 4], open.last ?? 0)
    }

    /// Messages taken in a second.
    var rate: Double { results.reduce(0) { $0 + $1.rate } }
    /// What waits at the end is not more than one second's worth above what waited early.
    var isFlat: Bool { Double(end) <= Double(early) + delivered }

    /// The highest rate of an open loop that is kept and at which nothing piles up: from what a closed loop takes in downwards. `settle`: until nothing
    /// waits.
    static func most(below rate: Double, settle: () async throws -> Void, load: (Double) async throws -> Sustained) async throws -> Sustained {
        var share = 1.0
        while true {
            try await settle()
            let wanted = rate * share, watched = try await load(wanted)
            share -= 0.08
            if watched.isFlat && watched.rate > wanted * 0.97 || share < 0.4 { return watched }
        }
    }
}

/// Looks at a node and its far end while a load runs: what waits, what arrived.
final class BacklogWatch: Sendable {
    struct Sample: Sendable {
        let at: UInt64
        let open: Int, arrived: Int
    }
    struct Seen {
        let samples: [Sample]

        /// Arrivals a second between the first sample after `skip` seconds and the last.
        func rate(from skip: Double) -> Double {
            guard let start = samples.first, let last = samples.last,
                let first = samples.first(where: { Double($0.at - start.at) / 1e9 >= skip }), last.at > first.at
            else { return 0 }
            return Double(last.arrived - first.arrived) * 1e9 / Double(last.at - first.at)
        }
    }

    private let task: Task<[Sample], Never>

    init(node: BenchNode, far: Sink, every seconds: Double) {
        let view = node.view
        task = Task {
            var samples: [Sample] = []
            while !Task.isCancelled {
                if let counts = try? await view.counts() { samples.append(Sample(at: Uptime.now, open: counts.open, arrived: far.count)) }
                try? await Task.sleep(for: .seconds(seconds))
            }
            return samples
        }
    }

    func stop() async -> Seen {
        task.cancel()
        return Seen(samples: await task.value)
    }
}

extension BenchReport {
    /// The figures of its answers, and what waited.
    func add(_ load: Sustained) {
        for result in load.results { add(result) }
        add("backlog_early", Double(load.early), "")
        add("backlog_end", Double(load.end), "")
    }
}
