import Pipeline

/// The partners' side of a connection: sends its letters one after the other, waits for each answer, and repeats what got none.
final class Link {
    let number: Int
    private unowned let world: World
    private var letters: [Letter]
    private var lost: Int
    /// The try under way; an answer to an older one is not heard.
    private var turn = 0
    private var isSending = false

    private static let patience = 4000

    init(_ number: Int, _ world: World) {
        (self.number, self.world) = (number, world)
        letters = world.scenario.letters.filter { $0.connection == number }.reversed()
        lost = letters.last?.lostAnswers ?? 0
        if let first = letters.last { world.later(first.at) { [unowned self] in offer() } }
    }

    var isDone: Bool { letters.isEmpty }

    /// The connection broke: what was under way is sent again on the next.
    func broke() {
        if isSending { again(after: 50 + 37 * number) }
    }

    private func again(after pause: Int) {
        turn += 1
        isSending = false
        world.later(world.clock.elapsed + pause) { [unowned self, turn] in if turn == self.turn { offer() } }
    }

    private func offer() {
        guard let letter = letters.last, !isSending else { return }
        guard let life = world.life, life.isAlive, let engine = life.engine else { return again(after: 200) }
        turn += 1
        isSending = true
        let mine = turn
        world.trace { "link \(self.number) → letter \(letter.id) \(letter.control)" }
        world.later(world.clock.elapsed + Self.patience) { [unowned self] in if mine == turn { again(after: 10) } }
        // As a listener that has parsed it, and whose thread of answers may judge it; or as one that has not.
        let isParsed = world.chance.percent(60)
        let heard = world.heard(by: life) { [unowned self] in answered(letter, $0, mine) }
        let here: Turn = { work in
            Task(executorPreference: life.executor) {
                guard life.isAlive, let judgement = work() else { return }
                heard(judgement.answer)
                await Task.yield()
                if life.isAlive { judgement.then() }
            }
        }
        engine.judge.receive(
            Acceptance(message(letter)), content: isParsed ? try? world.format.read(letter.bytes) : nil, turn: isParsed ? here : nil, answer: heard)
    }

    private func message(_ letter: Letter) -> Message {
        var keys = OrderKeys()
        keys.patient = letter.hasIPP ? UInt64(letter.patient) : 0
        keys.ins = letter.hasINS ? UInt64(Letter.ins(letter.patient)) : 0
        keys.merged = UInt64(letter.mergesIPP ? letter.merged : letter.mergedINS)
        keys.account = letter.account == 0 ? 0 : UInt64(200 + letter.account)
        keys.connection = UInt64(100 + number)
        return world.message(
            letter.bytes, listener: letter.isBulk ? "in-bulk" : letter.isHeavy ? "in-heavy" : "in", partner: "p\(letter.partner)", control: letter.control,
            keys: keys, notes: letter.mergesIPP && letter.mergedINS != 0 ? [Envelope.mergedINSNote: String(letter.mergedINS, radix: 16)] : [:])
    }

    private func answered(_ letter: Letter, _ answer: Answer, _ mine: Int) {
        guard mine == turn, isSending else { return }
        if case .later = answer { return again(after: 300) }
        if lost > 0 {
            lost -= 1
            world.trace { "link \(self.number) loses the answer to letter \(letter.id)" }
            return again(after: 20)
        }
        world.trace { "link \(self.number) ← letter \(letter.id) \(Self.word(answer))" }
        world.model.answered(letter, answer)
        isSending = false
        turn += 1
        letters.removeLast()
        lost = letters.last?.lostAnswers ?? 0
        if let next = letters.last { world.later(max(next.at, world.clock.elapsed + 1)) { [unowned self] in offer() } }
    }

    private static func word(_ answer: Answer) -> String {
        switch answer {
        case .accepted: "AA"
        case .rejected(let findings): "AE " + findings.map(\.reason.code).joined(separator: ",")
        case .later: "AR"
        }
    }
}
