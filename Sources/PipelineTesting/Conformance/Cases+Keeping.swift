import Pipeline

extension Harness {
    /// A settled message under a rule, of which nothing is open; its seq.
    @discardableResult fileprivate func done(_ control: String, keep rule: String = "letters", tokens: [Token] = [], text: String? = nil, fact: Token? = nil)
        async throws -> Seq
    {
        guard case .new(let seq) = try await accept(Acceptance(message(control, text))) else { throw violation("\(control) is not new") }
        let planned = delivery(
            seq, lane: UInt64(seq), tokens: tokens, part: Part(id: "dr", notes: ["address": .text("dr@x")]))
        _ = try await journal.plan(
            [Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [planned], search: fact.map { [$0] } ?? [], keep: rule)], lease)
        try await settle(planned.id)
        return seq
    }

    /// The keeper looks at the clock, and time passes.
    fileprivate func pass(_ time: Duration) async throws {
        try await journal.noteTime(now)
        clock.advance(by: time)
    }

    fileprivate func page(_ level: KeepLevel, rule: String = "letters", olderThan age: Duration = .seconds(50), after seq: Seq = 0, limit: Int = 100)
        async throws -> [Seq]
    {
        try await journal.removable(level, rule: rule, before: now + (.zero - age), after: seq, limit: limit).found.map(\.seq)
    }

    @discardableResult fileprivate func remove(_ level: KeepLevel, _ seqs: [Seq]) async throws -> [Seq] {
        var rest = seqs, removed: [Seq] = []
        while !rest.isEmpty {
            let removal = try await journal.remove(level, rest, now: now)
            removed += removal.removed.map(\.seq)
            rest = removal.rest
        }
        return removed
    }

    fileprivate func bytes(_ seq: Seq) async throws -> [UInt8] { try await journal.bytes(of: try await message(of: seq).message) }
}

extension JournalConformance {
    private static let envid = Token(kind: "envid", value: "E1")

    static var keeping: [Case] { expiry + later }

    private static var expiry: [Case] {
        [
            Case("a body goes by its rule and its age, oldest first; its size is told; what is younger or of another rule stays") { t in
                let a = try await t.done("A", text: "12345"), other = try await t.done("O", keep: "other"), b = try await t.done("B")
                let rejected = try await t.take("R")
                try await t.plan(rejected, [], verdict: Verdict(.rejected))
                try await t.pass(.seconds(100))
                let young = try await t.done("Y")
                let first = try await t.journal.removable(.body, rule: "letters", before: t.now + .seconds(-50), after: 0, limit: 1)
                try t.expect(first.found, [Removable(seq: a, bytes: 5)], "first page")
                try t.expect(first.next, a, "where to go on")
                try t.expect(try await t.page(.body, after: a), [b], "second page")
                try t.expect(try await t.page(.body, rule: ""), [rejected], "under no rule")
                try t.expect(try await t.page(.body, rule: "nothing"), [], "an unknown rule")
                try t.expect(try await t.remove(.body, [a, b]), [a, b], "removed")
                try t.expect(try await t.page(.body), [], "afterwards")
                for seq in [other, young] { _ = try await t.bytes(seq) }
            },
            Case("a body that is gone is said to be gone, not damaged; the rest of the message is there") { t in
                let seq = try await t.done("A", tokens: [envid])
                try await t.pass(.seconds(100))
                try await t.remove(.body, [seq])
                try await t.expectFailure(.refused(JournalReasons.bodyExpired), "bytes") { _ = try await t.bytes(seq) }
                let stored = try await t.message(of: seq)
                try t.expect(stored.removal, BodyRemoval(at: t.now, isErased: false), "removal")
                try t.expect(stored.message.body.count, 12, "length")
                try t.expect(stored.deliveries.first?.delivery.part, Part(id: "dr"), "part")
                try t.expect(stored.deliveries.first?.proof, Proof(answer: "AA"), "proof")
                try t.expect(try await t.accept(Acceptance(t.message("A"))), .seen(seq, Verdict(.accepted)), "repeat")
                try t.expect(try await t.journal.delivery(carrying: [envid])?.delivery.id, seq << 12, "token")
                let again = try await t.restarted()
                try t.expect(try await again.message(of: seq).removal, stored.removal, "after a restart")
            },
            Case("no body goes while it is undecided, held, open, or its report is awaited") { t in
                let undecided = try await t.take("U")
                let queued = try await t.send("Q", lane: 1, state: .queued), held = try await t.send("H", lane: 2, state: .held)
                let awaited = try await t.send("W", lane: 3)
                try await t.settle(awaited, .delivered(Proof(answer: "250", reportAwaited: true)))
                try await t.pass(.seconds(100))
                let seqs = [undecided, queued >> 12, held >> 12, awaited >> 12]
                try t.expect(try await t.page(.body, rule: ""), [], "page")
                try t.expect(try await t.remove(.body, seqs), [], "removed")
                for seq in seqs { _ = try await t.bytes(seq) }
                try await t.command(.discard(Harness.why), held)
                _ = try await t.journal.report(Report(.overdue), on: awaited, carriedBy: 0, emitted: [], now: t.now)
                try t.expect(try await t.page(.body, rule: ""), [held >> 12, awaited >> 12], "once they are settled")
            },
            Case("what became open again after the page was read is not removed; a delivery without a body is not sent again") { t in
                let seq = try await t.done("A"), gone = try await t.done("B")
                try await t.pass(.seconds(100))
                let page = try await t.page(.body)
                try await t.command(.resend, seq << 12)
                try t.expect(try await t.remove(.body, page), [gone], "removed")
                _ = try await t.bytes(seq)
                try await t.expectFailure(.refused(JournalReasons.bodyExpired), "resend") { try await t.command(.resend, gone << 12) }
            },
            Case("blocked rows do not hide the others: pages go on behind them") { t in
                var open: [Seq] = []
                for n in 0..<5 { open.append(try await t.send("Q\(n)", lane: UInt64(n), state: .queued) >> 12) }
                let seq = try await t.take("R")
                try await t.plan(seq, [], verdict: Verdict(.rejected))
                try await t.pass(.seconds(100))
                var after: Seq? = 0, found: [Seq] = [], pages = 0
                while let from = after {
                    let page = try await t.journal.removable(.body, rule: "", before: t.now, after: from, limit: 2)
                    found += page.found.map(\.seq)
                    (after, pages) = (page.next, pages + 1)
                    if pages > 10 { throw t.violation("pages without end") }
                }
                try t.expect(found, [seq], "found")
            },
            Case("age is that of the marks, not of the messages: a clock that was wrong while they came makes none of them old") { t in
                let now = t.now
                t.clock.advance(by: .seconds(-400 * 86_400))
                let seq = try await t.done("A")
                t.clock.advance(by: now - t.now)
                try t.expect(try await t.page(.body, olderThan: .seconds(0)), [], "before any mark")
                try await t.journal.noteTime(t.now)
                try t.expect(try await t.page(.body, olderThan: .seconds(1)), [], "it counts from the mark")
                t.clock.advance(by: .seconds(60))
                try t.expect(try await t.page(.body), [seq], "and is old once time has passed")
                try t.expect(try await t.journal.timeNoted(), now, "the last mark")
            },
            Case("a mark of before takes back those of a clock that was ahead") { t in
                let seq = try await t.done("A")
                try await t.pass(.seconds(1_000_000))
                try await t.journal.noteTime(t.now)
                t.clock.advance(by: .seconds(-1_000_000 - 10))
                try await t.journal.noteTime(t.now)
                try t.expect(try await t.page(.body, olderThan: .seconds(1)), [], "young again")
                t.clock.advance(by: .seconds(60))
                try t.expect(try await t.page(.body), [seq], "old in its time")
            },
            Case("bodies are counted by rule, and no longer once they are gone; also after a restart") { t in
                let a = try await t.done("A", text: "12345")
                _ = try await t.done("B", keep: "other", text: "123")
                let rejected = try await t.take("R")
                try t.expect(
                    try await t.journal.bodiesKept(), ["letters": KeptBodies(count: 1, bytes: 5), "other": KeptBodies(count: 1, bytes: 3)], "at first")
                try await t.plan(rejected, [], verdict: Verdict(.rejected))
                try await t.remove(.body, [a])
                let left = ["other": KeptBodies(count: 1, bytes: 3), "": KeptBodies(count: 1, bytes: 12)]
                try t.expect(try await t.journal.bodiesKept(), left, "afterwards")
                try t.expect(try await t.restarted().journal.bodiesKept(), left, "after a restart")
            },
            Case("large bodies go too, and the space is given back step by step") { t in
                let large = String(repeating: "0123456789", count: 20_000)
                let a = try await t.done("A", text: large), b = try await t.done("B", text: large)
                try await t.pass(.seconds(100))
                try t.expect(try await t.remove(.body, [a]), [a], "removed")
                var steps = 0
                while try await t.journal.tidy(), steps < 1000 { steps += 1 }
                try t.expect(steps < 1000, "it never ends")
                try await t.expectFailure(.refused(JournalReasons.bodyExpired), "bytes") { _ = try await t.bytes(a) }
                try t.expect(try await t.bytes(b).count, 200_000, "the other")
            },
        ]
    }

    private static var later: [Case] {
        [
            Case("old lines of the gateway's own audit go, a few at a time, and nothing else") { t in
                let seq = try await t.take("N")
                try await t.plan(seq, [])
                let reason = Reason("P0999", Text(fr: "essai", en: "test"))
                for _ in 0..<40 { try await t.journal.note(.configured, reason, by: "anne", now: t.now) }
                let later = t.now + .seconds(100 * 86_400)
                try await t.journal.note(.resumed, reason, by: "anne", now: later)
                var rounds = 0
                while try await t.journal.thin(before: later), rounds < 100 { rounds += 1 }
                try t.expect(try await t.words(0), ["resumed"], "the gateway's own audit")
                try t.expect(try await t.words(seq), ["accepted", "planned"], "a message's audit")
            },
            Case("facts go after the body: the id is free, reports and searches find nothing, answers and audit stay") { t in
                let fact = Token(kind: "document", value: "1.2.3")
                let seq = try await t.done("A", tokens: [envid], fact: fact)
                try await t.pass(.seconds(100))
                try t.expect(try await t.page(.facts), [], "not before the body")
                try t.expect(try await t.remove(.facts, [seq]), [], "nor by force")
                try await t.remove(.body, [seq])
                try t.expect(try await t.page(.facts), [seq], "page")
                try t.expect(try await t.remove(.facts, [seq]), [seq], "removed")
                try t.expect(try await t.page(.facts), [], "afterwards")
                try t.expect(try await t.journal.delivery(carrying: [envid]) == nil, "a report still finds it")
                try t.expect(try await t.journal.find(.token(fact)).messages.count, 0, "a search still finds it")
                try t.expect(try await t.message(of: seq).deliveries.first?.proof, Proof(answer: "AA"), "proof")
                guard case .new = try await t.accept(Acceptance(t.message("A"))) else { throw t.violation("the id is not free") }
            },
            Case("proofs go after the facts, never behind an open delivery, and never the newest: no seq is given twice") { t in
                let a = try await t.done("A"), held = try await t.send("H", lane: 9, state: .held), b = try await t.done("B")
                try await t.pass(.seconds(100))
                try await t.remove(.body, [a, b])
                try t.expect(try await t.page(.proofs), [], "not before the facts")
                try await t.remove(.facts, [a, b])
                try t.expect(try await t.page(.proofs), [a], "not behind what is open")
                try t.expect(try await t.remove(.proofs, [a, b]), [a], "nor by force")
                try t.expect(try await t.journal.find(.delivery(a << 12)).deliveries.count, 0, "delivery")
                try t.expect(try await t.journal.find(.messages()).messages.map(\.message.seq), [b, held >> 12], "messages")
                try t.expect(try await t.words(a).isEmpty == false, "the audit went with it")
                try await t.command(.discard(Harness.why), held)
                try await t.remove(.body, [held >> 12])
                try await t.remove(.facts, [held >> 12])
                try t.expect(try await t.remove(.proofs, [held >> 12, b]), [held >> 12], "the newest stays")
                let next = try await t.restarted()
                try t.expect(try await next.take("C") > b, "a seq twice")
            },
            Case("the audit of a message goes last, once its newest line is old") { t in
                let a = try await t.done("A")
                _ = try await t.done("B")
                try await t.pass(.seconds(100))
                try t.expect(try await t.page(.audit), [], "not while the message is there")
                for level in [KeepLevel.body, .facts, .proofs] { try await t.remove(level, [a]) }
                try t.expect(try await t.page(.audit, olderThan: .seconds(200)), [], "not before its time")
                try t.expect(try await t.page(.audit), [a], "page")
                try t.expect(try await t.remove(.audit, [a]), [a], "removed")
                try t.expect(try await t.journal.find(.audit(a)).audit.count, 0, "audit")
            },
        ]
    }

    static var erasure: [Case] {
        [
            Case("the messages of a patient are found by either key, in pages, with what is open and where they went") { t in
                func take(_ control: String, _ patient: UInt64, _ ins: UInt64) async throws -> Seq {
                    guard case .new(let seq) = try await t.accept(Acceptance(t.message(control, patient: patient, ins: ins))) else {
                        throw t.violation("not new")
                    }
                    return seq
                }
                let a = try await take("A", 5, 0), other = try await take("B", 6, 0), c = try await take("C", 0, 7), d = try await take("D", 5, 7)
                try await t.plan(a, [t.delivery(a, lane: 5)])
                try await t.settle(a << 12, .delivered(Proof(answer: "250", reportAwaited: true)))
                try await t.plan(other, [])
                try await t.plan(c, [t.delivery(c, lane: 6, state: .held)])
                var after: Seq? = 0, found: [PatientMessage] = []
                while let from = after {
                    let page = try await t.journal.messages(of: PatientKeys(patient: 5, ins: 7), after: from, limit: 2)
                    found += page.found
                    after = page.next
                }
                try t.expect(found.map(\.seq), [a, c, d], "found")
                try t.expect(found.map(\.isDecided), [true, true, false], "decided")
                try t.expect(found.map(\.open), [[], [c << 12], []], "open")
                try t.expect(found.map(\.awaited), [[a << 12], [], []], "awaited")
                try t.expect(found.map(\.sentTo), [["documents/dmp"], [], []], "where it went")
                try t.expect(try await t.journal.messages(of: PatientKeys(), after: 0, limit: 9).found.count, 0, "nobody")
            },
            Case("erasing takes the body, recipients, the far ends' words and the order keys; digests, proofs, names and the audit's lines stay") { t in
                guard case .new(let seq) = try await t.accept(Acceptance(t.message("A", patient: 5))) else { throw t.violation("not new") }
                let part = Part(id: "274@patient.example", notes: ["name": .text("x")])
                try await t.plan(seq, [t.delivery(seq, lane: 5, tokens: [envid], part: part)], verdict: Verdict(.accepted, [Finding(.warning, Harness.why)]))
                let digest = try await t.message(of: seq).message.digest
                try await t.settle(seq << 12, .refused(Harness.why))
                let erased = try await t.journal.erase([seq], evenAwaited: false, by: "anne", now: t.now)
                try t.expect(erased, [Erased(seq: seq, digest: digest, bytes: 12)], "what went")
                try await t.expectFailure(.refused(JournalReasons.bodyErased), "bytes") { _ = try await t.bytes(seq) }
                let stored = try await t.message(of: seq)
                try t.expect(stored.removal, BodyRemoval(at: t.now, isErased: true), "removal")
                try t.expect(stored.message.envelope.keys, OrderKeys(), "keys")
                try t.expect(stored.message.envelope.notes, [:], "notes")
                try t.expect(stored.message.digest, digest, "digest")
                try t.expect(stored.verdict?.findings.first?.reason.detail == nil, "detail of a finding")
                try t.expect(stored.deliveries.first?.delivery.part, Part(), "part")
                try t.expect(stored.deliveries.first?.reason, Harness.why.bare, "reason")
                let audit = try await t.journal.find(.audit(seq)).audit
                try t.expect(audit.map(\.what), ["accepted", "planned", "active", "refused", "erased"], "audit")
                try t.expect(audit.last?.by, "anne", "who")
                try t.expect(audit.allSatisfy { $0.reason?.detail == nil }, "a detail in the audit")
                try t.expect(try await t.journal.delivery(carrying: [envid])?.delivery.id, seq << 12, "token")
                try t.expect(try await t.journal.messages(of: PatientKeys(patient: 5), after: 0, limit: 9).found.count, 0, "found again")
                try t.expect(try await t.journal.scrub(), "the log keeps something")
            },
            Case("nothing that is undecided or open is erased; what awaits a report only on demand; what is expired is made anonymous; twice is once") { t in
                let undecided = try await t.take("U"), held = try await t.send("H", lane: 1, state: .held)
                let awaited = try await t.send("W", lane: 2)
                try await t.settle(awaited, .delivered(Proof(answer: "250", reportAwaited: true)))
                let old = try await t.done("O")
                try await t.remove(.body, [old])
                let all = [undecided, held >> 12, awaited >> 12, old, 99]
                let erased = try await t.journal.erase(all, evenAwaited: false, by: "anne", now: t.now)
                try t.expect(erased.map(\.seq), [old], "erased")
                try t.expect(erased.map(\.bytes), [0], "bytes of an expired body")
                for seq in all[0...2] { _ = try await t.bytes(seq) }
                try t.expect(try await t.journal.erase(all, evenAwaited: true, by: "anne", now: t.now).map(\.seq), [awaited >> 12], "even awaited")
                try t.expect(try await t.journal.erase(all, evenAwaited: true, by: "anne", now: t.now).count, 0, "again")
                try t.expect(try await t.message(of: old).removal?.isErased, true, "expired before")
            },
        ]
    }
}
