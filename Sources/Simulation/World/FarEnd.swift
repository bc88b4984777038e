import Pipeline

/// A far end behind its sender: takes a delivery, or makes trouble as the seed says.
// @unchecked: a world runs on one thread.
final class FarEnd: Sender, @unchecked Sendable {
    private unowned let world: World
    private unowned let life: Life
    private let name: String
    /// Each change of the configuration makes another of the same name.
    private let number: Int
    private var isRetired = false
    let afterUnknown: AfterUnknown
    let retry: RetryPolicy
    var concurrency: Int { name == "s2" ? 1 : 1 + number % 2 }
    var rate: Double? { name == "s2" ? 20 : nil }

    static let spec = Spec("simulated", Text(fr: "", en: ""))
    private static let reason = Reason("simulated", Text(fr: "Réponse simulée", en: "Simulated answer"))
    private static let away = Reason(Reasons.farEndAwayCode, reason.text)

    /// `declared` is what the engine is told of it, where a fault is planted.
    init(_ name: String, _ world: World, _ life: Life, self number: Int, declared: AfterUnknown) {
        (self.name, self.world, self.life, self.number, afterUnknown) = (name, world, life, number, declared)
        retry = RetryPolicy(first: .milliseconds(200), longest: .milliseconds(1500), giveUp: .milliseconds(world.scenario.giveUp))
    }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { throw ConfigError("simulated", Text(fr: "", en: ""), at: Place(file: "")) }

    /// One goes by INS first, as the DMP.
    func laneKey(_ keys: OrderKeys, _ part: Part) -> UInt64 { name == "s1" && keys.ins != 0 ? keys.ins : keys.planning }
    func tokens(_ key: Key128, _ message: Message, _ part: Part) -> [Token] { [Token(kind: "envid", value: key.hex)] }

    private func pause(_ milliseconds: Int) async { await life.clock.sleep(until: life.clock.now + .milliseconds(milliseconds)) }

    func retire() { isRetired = true }

    /// An attempt begins, and ends: an old self is done before the new one begins, and works no more once it was told so.
    private func enter() {
        guard life.isAlive else { return }
        world.running[name, default: [:]][number, default: 0] += 1
        world.model.began(name, isRetired: isRetired, others: world.running[name]?.contains { $0.key != number && $0.value > 0 } ?? false)
    }
    private func leave() { if life.isAlive { world.running[name]?[number, default: 1] -= 1 } }

    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        enter()
        defer { leave() }
        let bytes: [UInt8]
        do throws(JournalError) {
            bytes = try await attempt.bytes()
            if name == "s1" { try await attempt.record(["digest": String(bytes.count)]) }
        } catch {
            return .deferred(Self.reason)
        }
        guard life.isAlive else { return .unknown(Self.reason) }
        world.model.sent(delivery, bytes)
        var chance = Chance(world.scenario.seed ^ delivery.key.low &+ UInt64(delivery.attempt))
        let outcome = await fate(delivery, &chance)
        world.trace { "\(self.name) ← \(delivery.id >> 12).\(delivery.id & 4095) attempt \(delivery.attempt): \(Self.word(outcome))" }
        return outcome
    }

    private func take(_ delivery: Delivery) {
        guard life.isAlive else { return }
        world.taken.insert(delivery.key)
        world.model.took(delivery)
    }

    private func fate(_ delivery: Delivery, _ chance: inout Chance) async -> Outcome {
        if let letter = world.letter(delivery), let last = delivery.destination.last, letter.refusedBy.contains(String(last)) { return .refused(Self.reason) }
        guard !world.isCalm, chance.percent(world.scenario.trouble) else {
            take(delivery)
            return delivered(delivery, &chance)
        }
        switch chance.below(20) {
        case 0..<4:  // late
            await pause(chance.within(1...3000))
            take(delivery)
            return delivered(delivery, &chance)
        case 4..<7:  // accepts, then hangs; its answer may come as a report, or by another way twice
            take(delivery)
            await pause(chance.within(1...1500))
            if life.isAlive, name == "s1", chance.percent(40) {
                for _ in 0..<chance.within(1...2) { world.report(delivery, failed: chance.percent(20), after: chance.below(3000)) }
            }
            return .unknown(Self.reason)
        case 7..<9:
            await pause(chance.within(1...1500))
            return .unknown(Self.reason)
        case 9..<12: return .deferred(Self.reason, retryAfter: chance.percent(50) ? .milliseconds(chance.below(2000)) : nil)
        case 12..<14: return .deferred(Self.away)
        case 14..<16:
            await pause(chance.below(300))
            return .refused(Self.reason)
        case 16: return .halted(scope: name, Self.reason)
        case 17..<19: return .held(Self.reason, owner: .vendor)
        default:  // takes it and says that it did not
            take(delivery)
            return .deferred(Self.reason, nothingStored: false)
        }
    }

    private func delivered(_ delivery: Delivery, _ chance: inout Chance) -> Outcome {
        guard life.isAlive, name == "s1", chance.percent(30) else { return .delivered(Proof(answer: "AA")) }
        // Reports come later: once, twice, or one that takes the other back; sometimes before we settled, sometimes about a delivery that is not ours.
        if chance.percent(10) { world.report(nil, failed: false, after: chance.below(2000)) }
        for _ in 0..<chance.within(1...2) { world.report(delivery, failed: chance.percent(30), after: chance.below(2000)) }
        return .delivered(Proof(answer: "250", reportAwaited: true))
    }

    func resolve(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome? {
        enter()
        defer { leave() }
        var chance = Chance(world.scenario.seed ^ delivery.key.high &+ UInt64(delivery.attempt))
        await pause(chance.below(200))
        guard life.isAlive else { return .unknown(Self.reason) }
        if !world.isCalm, chance.percent(world.scenario.trouble / 3) { return chance.percent(50) ? .deferred(Self.away) : .unknown(Self.reason) }
        let knows = world.taken.contains(delivery.key)
        world.model.asked(delivery, knows: knows)
        world.trace { "\(self.name) asked about \(delivery.id >> 12).\(delivery.id & 4095): \(knows ? "there" : "not there")" }
        return knows ? .delivered(Proof(answer: "found")) : nil
    }

    private static func word(_ outcome: Outcome) -> String {
        switch outcome {
        case .delivered: "delivered"
        case .deferred(let reason, _, let nothing): reason == away ? "away" : nothing ? "deferred" : "deferred, though it has it"
        case .refused: "refused"
        case .unknown: "unknown"
        case .halted: "halted"
        case .held: "held"
        }
    }
}

extension StoredDelivery {
    /// A report said that it arrived, and so ended it: no attempt did.
    var wasSettledByReport: Bool { state == .delivered && proof?.answer.hasPrefix("report") ?? false }
}
