import Pipeline

/// Which journal a simulation runs over.
package enum JournalKind: String, Sendable, CaseIterable {
    case memory, sqlite
    /// The quick one for most seeds, the real one for every fourth.
    case both

    func of(_ seed: UInt64) -> JournalKind { self == .both ? (seed % 4 == 0 ? .sqlite : .memory) : self }

    func fresh(seed: UInt64, time: any Timekeeper, fuse: Fuse, plant: Plant?) throws(JournalError) -> any Backend {
        if self == .sqlite { return try SQLiteBackend.fresh(seed: seed, time: time, fuse: fuse, plant: plant) }
        return MemoryBackend(hash: SipHash(secret: Key128(high: 1, low: 2)), time: time, fuse: fuse, plant: plant)
    }
}

/// Runs seeds, and finds the shortest course of what a seed finds.
package struct Simulator: Sendable {
    /// What the model does not allow, and how it came to it.
    package struct Finding: Sendable {
        package let seed: UInt64
        package let journal: JournalKind
        package let rule: String, what: String
        package let trace: [String]
    }
    let journal: JournalKind
    let plant: Plant?

    /// A simulator over a journal; `plant`: with this fault in it.
    package init(_ journal: JournalKind, plant: Plant? = nil) { (self.journal, self.plant) = (journal, plant) }

    /// Whether the seed finds something.
    package func fails(_ seed: UInt64) -> Bool { run(Scenario(seed: seed), isTracing: false).model.failure != nil }

    /// What a seed finds, made as short as it can be; nil: nothing.
    package func finding(_ seed: UInt64, shrinking: Bool = true) -> Finding? {
        var scenario = Scenario(seed: seed)
        guard let first = run(scenario, isTracing: false).model.failure else { return nil }
        if shrinking { scenario = shortest(scenario, first.rule) }
        let world = run(scenario, isTracing: true)
        let failure = world.model.failure ?? first
        return Finding(
            seed: seed, journal: journal.of(seed), rule: failure.rule, what: failure.what, trace: Self.description(scenario) + world.lines)
    }

    /// The whole course of a seed, line by line: equal for equal seeds.
    package func trace(_ seed: UInt64) -> [String] {
        let world = run(Scenario(seed: seed), isTracing: true)
        return world.lines + (world.model.failure.map { ["\($0.rule): \($0.what)"] } ?? [])
    }

    private func run(_ scenario: Scenario, isTracing: Bool) -> World {
        let world = World(scenario, plant: plant, isTracing: isTracing)
        world.run(journal.of(scenario.seed))
        return world
    }

    /// Leaves out letters, faults, words and trouble, one after the other, as long as the same rule is broken.
    private func shortest(_ scenario: Scenario, _ rule: String) -> Scenario {
        var best = scenario, tries = 0
        func holds(_ shorter: Scenario) -> Bool {
            tries += 1
            guard tries < 600, run(shorter, isTracing: false).model.failure?.rule == rule else { return false }
            best = shorter
            return true
        }
        var isShorter = true
        while isShorter, tries < 600 {
            isShorter = false
            for candidate in Self.shorter(best) where holds(candidate) {
                isShorter = true
                break
            }
        }
        return best
    }

    private static func shorter(_ scenario: Scenario) -> [Scenario] {
        var all: [Scenario] = []
        func add(_ edit: (inout Scenario) -> Void) {
            var one = scenario
            edit(&one)
            all.append(one)
        }
        if scenario.letters.count > 3 {
            add { $0.letters.removeFirst($0.letters.count / 2) }
            add { $0.letters.removeLast($0.letters.count / 2) }
        }
        if !scenario.words.isEmpty { add { $0.words = [] } }
        if scenario.faults.count > 1 { add { $0.faults = [] } }
        if scenario.trouble > 0 { add { $0.trouble = 0 } }
        for n in scenario.letters.indices.reversed() { add { $0.letters.remove(at: n) } }
        for n in scenario.faults.indices.reversed() { add { $0.faults.remove(at: n) } }
        for n in scenario.words.indices.reversed() { add { $0.words.remove(at: n) } }
        for (n, letter) in scenario.letters.enumerated() {
            for part in letter.parts.keys.sorted() { add { $0.letters[n].parts[part] = nil } }
            if letter.lostAnswers > 0 { add { $0.letters[n].lostAnswers = 0 } }
            if letter.merged != 0 { add { $0.letters[n].merged = 0 } }
            if letter.replaces != nil { add { $0.letters[n].replaces = nil } }
            if letter.isHeavy { add { $0.letters[n].isHeavy = false } }
            if letter.isBulk { add { $0.letters[n].isBulk = false } }
            if letter.asks { add { $0.letters[n].asks = false } }
            if letter.size > 0 { add { $0.letters[n].size = 0 } }
            if !letter.refusedBy.isEmpty { add { $0.letters[n].refusedBy = [] } }
        }
        return all
    }

    private static func description(_ scenario: Scenario) -> [String] {
        let head =
            "order by \(scenario.order.by), when held \(scenario.order.whenHeld); trouble \(scenario.trouble) %; mended at \(scenario.mendedAt) ms, calm at \(scenario.calmAt) ms"
        let letters = scenario.letters.map { letter in
            var words = ["letter \(letter.id): link \(letter.connection), id \(letter.control), patient \(letter.patient)"]
            if letter.hasINS { words.append(letter.hasIPP ? "with INS" : "by INS") }
            if letter.merged != 0 { words.append("merges \(letter.merged)\(letter.mergesINS ? letter.mergesIPP ? " with INS" : " by INS" : "")") }
            if letter.isBad { words.append("bad") }
            if letter.isUnmatched { words.append("unmatched") }
            if letter.isUnreadable { words.append("unreadable") }
            if letter.isHeavy { words.append("heavy") }
            if letter.isBulk { words.append("bulk") }
            if letter.fails { words.append("fails") }
            if letter.asks { words.append("asks") }
            if let document = letter.document { words.append("document \(document)") }
            if let replaced = letter.replaces { words.append("replaces \(replaced)") }
            if letter.lostAnswers > 0 { words.append("loses \(letter.lostAnswers) answers") }
            words.append("to " + letter.parts.sorted { $0.key < $1.key }.map { "\($0.key)×\($0.value)" }.joined(separator: " "))
            return words.joined(separator: ", ")
        }
        return [head] + letters + scenario.faults.map { "fault \($0)" } + scenario.words.map { "word \($0)" }
    }
}
