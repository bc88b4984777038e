import Glibc
package import Pipeline

/// What this disk and these statements can do, measured on one thread: the limit that the daemon's own figures are compared with.
package enum JournalBench {
    /// What a run measured.
    package struct Figures: Sendable {
        /// Messages a second, accept alone.
        package var accepted = 0.0
        /// Messages a second for the whole life: accept, plan with the delivery active at once, settle, audit.
        package var wholeLife = 0.0
        /// Deliveries a second of a single lane, each settled together with the activation of the next.
        package var oneLane = 0.0
        /// The slowest group commit of a hundred, in milliseconds.
        package var commit99 = 0.0
        /// Append and fdatasync of 8 KB, a second.
        package var syncs = 0.0
        /// Processor time for the whole life of one message, in microseconds.
        package var processor = 0.0
    }

    /// Runs in `directory`, which must be empty, with `count` messages of `size` bytes in groups of `group`.
    package static func run(directory: String, count: Int = 50_000, size: Int = 2048, group: Int = 256, time: any Timekeeper) throws(JournalError) -> Figures {
        var figures = Figures()
        figures.syncs = try disk(directory)
        figures.accepted = try bench(directory + "/accept", time) { (bench) throws(JournalError) in try bench.accept(count, size, group).rate }
        (figures.wholeLife, figures.commit99, figures.processor) = try bench(directory + "/life", time) { (bench) throws(JournalError) in
            let before = processorTime()
            let (rate, slow) = try bench.wholeLife(count, size, group)
            return (rate, slow, (processorTime() - before) / Double(count) * 1e6)
        }
        figures.oneLane = try bench(directory + "/lane", time) { (bench) throws(JournalError) in try bench.oneLane(min(count, 5000), size) }
        return figures
    }

    /// Appends of 8 KB, each made durable, in one second.
    package static func disk(_ directory: String) throws(JournalError) -> Double {
        try BodyFolder.make(folder: directory)
        let path = directory + "/disk"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BodyFolder.failure("open") }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: Schema.pageSize)
        let start = Uptime.now
        var n = 0
        while Uptime.now - start < 1_000_000_000 {
            guard page.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == page.count, fdatasync(file) == 0 else {
                throw BodyFolder.failure("append")
            }
            n += 1
        }
        return Double(n) * 1e9 / Double(Uptime.now - start)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func bench<T>(_ directory: String, _ time: any Timekeeper, _ body: (Bench) throws(JournalError) -> T) throws(JournalError) -> T {
        try BodyFolder.make(folder: directory)
        let connection = try Connection(path: directory + "/journal.sqlite", isReader: false)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        return try body(Bench(writer: try Writer(connection, time: time), now: time.now))
    }

    /// One writer, driven by hand.
    private struct Bench {
        let writer: Writer
        let now: Instant

        private static let checkpointPages = SQLiteJournal.Settings().checkpoint / Schema.pageSize

        private var lease: Lease { Lease(epoch: writer.epoch) }

        private func message(_ n: Int, _ size: Int) -> Message {
            var keys = OrderKeys()
            keys.patient = UInt64(n) &* 0x9E37_79B9_7F4A_7C15
            keys.connection = 7
            let key = Key128(high: UInt64(now.milliseconds + Int64(n / 16)) << 16 | 0x7000, low: UInt64(n) &* 0x9E37_79B9_7F4A_7C15)
            let envelope = Envelope(
                id: MessageID(key), listener: "mllp-in", partner: Partner(facility: "bench", name: "DPI|CH"), received: now, format: "hl7v2",
                controlID: "BENCH\(1_000_000 + n)", keys: keys)
            var body = [UInt8](repeating: UInt8(truncatingIfNeeded: n), count: size)
            for i in 0..<min(8, size) { body[i] = UInt8(truncatingIfNeeded: n >> (8 * i)) }
            return Message(envelope: envelope, body: .bytes(body), digest: key.bytes + key.bytes)
        }

        private func delivery(_ seq: Seq, lane: UInt64) -> PlannedDelivery {
            let key = Key128(high: UInt64(bitPattern: seq) &* 0x9E37_79B9_7F4A_7C15, low: lane)
            return PlannedDelivery(
                id: Delivery.id(seq, 0), key: key, route: "documents", destination: "documents/dmp", sender: "dmp", lane: Lane(lane), state: .active)
        }

        private func commit(_ operations: [WriteOperation]) throws(JournalError) -> [WriteCompletion] {
            var done: [WriteCompletion] = []
            while done.count < operations.count {
                done += writer.step(Array(operations[done.count...]))
                if case .failed(let error) = done.last { throw error }
                if writer.connection.walPages >= Self.checkpointPages { writer.checkpoint() }
            }
            return done
        }

        func accept(_ count: Int, _ size: Int, _ group: Int) throws(JournalError) -> (rate: Double, seqs: [Seq]) {
            let groups = stride(from: 0, to: count, by: group).map { start in
                (start..<min(start + group, count)).map { WriteOperation.accept(Acceptance(message($0, size))) }
            }
            var seqs: [Seq] = []
            let start = Uptime.now
            for group in groups {
                for completion in try commit(group) { if case .receipt(.new(let seq)) = completion { seqs.append(seq) } }
            }
            return (Double(count) * 1e9 / Double(Uptime.now - start), seqs)
        }

        /// Three groups follow one another as in the daemon: settlements of the one before last, plans of the last, new messages.
        func wholeLife(_ count: Int, _ size: Int, _ group: Int) throws(JournalError) -> (rate: Double, slow: Double) {
            let part = max(group / 3, 1)
            let parts = stride(from: 0, to: count, by: part).map { start in
                (start..<min(start + part, count)).map { WriteOperation.accept(Acceptance(message($0, size))) }
            }
            var accepted: [Seq] = [], planned: [DeliveryID] = [], latencies: [UInt64] = []
            let start = Uptime.now
            for index in 0..<parts.count + 2 {
                var operations: [WriteOperation] = []
                if !planned.isEmpty {
                    let settlements = planned.map { Settlement(delivery: $0, attempt: 1, result: .delivered(Proof(answer: "AA"))) }
                    operations.append(.settle(settlements, activate: [], lease, now: now))
                }
                let plans = accepted.map { seq in
                    Plan(
                        seq: seq, verdict: Verdict(.accepted), deliveries: [delivery(seq, lane: UInt64(bitPattern: seq) &* 0x9E37_79B9_7F4A_7C15)],
                        trace: "documents.yaml:1:1: route documents matches")
                }
                if !plans.isEmpty { operations.append(.plan(plans, lease)) }
                if index < parts.count { operations += parts[index] }
                let began = Uptime.now
                let completions = try commit(operations)
                latencies.append(Uptime.now - began)
                (accepted, planned) = ([], [])
                for completion in completions {
                    switch completion {
                    case .receipt(.new(let seq)): accepted.append(seq)
                    case .planned(let ids): planned = ids
                    default: break
                    }
                }
            }
            let rate = Double(count) * 1e9 / Double(Uptime.now - start)
            latencies.sort()
            return (rate, Double(latencies[latencies.count * 99 / 100]) / 1e6)
        }

        func oneLane(_ count: Int, _ size: Int) throws(JournalError) -> Double {
            let seqs = try accept(count, size, 256).seqs
            _ = try commit([
                .plan(seqs.map { Plan(seq: $0, verdict: Verdict(.accepted), deliveries: [delivery($0, lane: 42)]) }, lease)
            ])
            let start = Uptime.now
            for index in seqs.indices {
                let next = index + 1 < seqs.count ? [Delivery.id(seqs[index + 1], 0)] : []
                let settlement = Settlement(delivery: Delivery.id(seqs[index], 0), attempt: 1, result: .delivered(Proof(answer: "AA")))
                guard case .settled(let settled) = try commit([.settle([settlement], activate: next, lease, now: now)])[0] else { continue }
                guard settled.ignored.isEmpty, settled.activated.count == next.count else { throw .broken("the lane does not go on") }
            }
            return Double(count) * 1e9 / Double(Uptime.now - start)
        }
    }
}
