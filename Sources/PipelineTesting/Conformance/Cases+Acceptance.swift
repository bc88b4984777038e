import Pipeline

extension JournalConformance {
    static var acceptance: [Case] {
        [
            Case("seq rises, and a message is read back as it was accepted") { t in
                let first = try await t.take("A1", patient: 5), second = try await t.take("A2")
                try t.expect(second > first, "seq does not rise")
                let unrouted = try await t.journal.unrouted(after: 0, limit: 10)
                try t.expect(unrouted.map(\.message.seq), [first, second], "unrouted")
                let envelope = unrouted[0].message.envelope
                try t.expect(envelope.controlID, "A1", "control id")
                try t.expect(envelope.partner, Partner(facility: "clinic", name: "DPI|CH"), "partner")
                try t.expect(envelope.listener, "mllp-in", "listener")
                try t.expect(envelope.format, "hl7v2", "format")
                try t.expect(envelope.received, t.now, "time of receipt")
                try t.expect(envelope.keys.patient, 5, "patient")
                try t.expect(envelope.keys.planning, 5, "planning key")
                try t.expect(envelope.notes, ["charset": "UNICODE UTF-8"], "notes")
                try t.expect(unrouted[0].verdict == nil, "a verdict out of nowhere")
                try t.expect(try await t.journal.bytes(of: unrouted[0].message), Array("content of A1".utf8), "bytes")
            },
            Case("unrouted pages by seq, and leaves out what has a plan") { t in
                var seqs: [Seq] = []
                for n in 0..<7 { seqs.append(try await t.take("P\(n)")) }
                try await t.plan(seqs[2], [])
                try t.expect(try await t.journal.unrouted(after: 0, limit: 3).map(\.message.seq), [seqs[0], seqs[1], seqs[3]], "first page")
                try t.expect(try await t.journal.unrouted(after: seqs[3], limit: 10).map(\.message.seq), Array(seqs[4...]), "second page")
            },
            Case("what was decided before it was stored is stored as rejected, and its id is free") { t in
                let verdict = Verdict(.rejected, [Finding(.error, Harness.why)])
                guard case .new(let seq) = try await t.accept(Acceptance(t.message("X"), repeats: nil, verdict: verdict)) else {
                    throw t.violation("not new")
                }
                try t.expect(try await t.message(of: seq).state, .rejected, "state")
                try t.expect(try await t.message(of: seq).verdict, verdict, "verdict")
                try t.expect(try await t.journal.unrouted(after: 0, limit: 10).count, 0, "unrouted")
                try await t.take("X")
            },
            Case("many accepts at once are all answered, once each, in the order of their seq") { t in
                let receipts = try await withThrowingTaskGroup(of: Receipt.self) { group in
                    for n in 0..<600 { group.addTask { try await t.accept(Acceptance(t.message("M\(n)"))) } }
                    return try await group.reduce(into: [Receipt]()) { $0.append($1) }
                }
                var seqs: Set<Seq> = []
                for case .new(let seq) in receipts { seqs.insert(seq) }
                try t.expect(seqs.count, 600, "new messages")
            },
            Case("after close everything fails with closed") { t in
                await t.journal.close()
                try await t.expectFailure(.closed, "accept") { _ = try await t.accept(Acceptance(t.message("late"))) }
                try await t.expectFailure(.closed, "unrouted") { _ = try await t.journal.unrouted(after: 0, limit: 1) }
                try await t.expectFailure(.closed, "mark") { try await t.journal.mark([1]) }
            },
            Case("the recovery marker is kept as it was left") { t in
                try t.expect(try await t.journal.marked(), [], "at first")
                try await t.journal.mark([3, 1, 2])
                let next = try await t.restarted()
                try t.expect(try await next.journal.marked(), [1, 2, 3], "after a crash")
                try await next.journal.mark([])
                try t.expect(try await next.journal.marked(), [], "at the end")
            },
        ]
    }

    static var repeats: [Case] {
        [
            Case("a repeat of an accepted message gets the same answer and is not stored again") { t in
                let seq = try await t.take("R1")
                let verdict = Verdict(.accepted, [Finding(.warning, Harness.why)])
                try await t.plan(seq, [], verdict: verdict)
                try t.expect(try await t.accept(Acceptance(t.message("R1"))), .seen(seq, verdict), "receipt")
                try t.expect(try await t.journal.find(.messages()).messages.count, 1, "messages")
            },
            Case("a verdict counts from the moment it is stored, with or without a plan") { t in
                let seq = try await t.take("R1")
                _ = try await t.journal.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: nil)], t.lease)
                try t.expect(try await t.accept(Acceptance(t.message("R1"))), .seen(seq, Verdict(.accepted)), "receipt")
                try t.expect(try await t.journal.unrouted(after: 0, limit: 9).first?.verdict, Verdict(.accepted), "unrouted with its verdict")
            },
            Case("a repeat or a reuse of an undecided message waits for its verdict") { t in
                let seq = try await t.take("U")
                try t.expect(try await t.accept(Acceptance(t.message("U"))), .undecided(seq, sameBytes: true), "repeat")
                try t.expect(try await t.accept(Acceptance(t.message("U", "other"))), .undecided(seq, sameBytes: false), "reuse")
                try t.expect(try await t.journal.find(.messages()).messages.count, 1, "messages")
            },
            Case("the id of a rejected message is free at once, for the same bytes and for others") { t in
                let seq = try await t.take("E")
                try await t.plan(seq, [], verdict: Verdict(.rejected, [Finding(.error, Harness.why)]))
                try t.expect(try await t.message(of: seq).state, .rejected, "state")
                guard case .new(let again) = try await t.accept(Acceptance(t.message("E"))) else { throw t.violation("not free for the same bytes") }
                try await t.plan(again, [], verdict: Verdict(.rejected))
                guard case .new(let other) = try await t.accept(Acceptance(t.message("E", "corrected"))) else { throw t.violation("not free") }
                try await t.plan(other, [])
                try t.expect(try await t.accept(Acceptance(t.message("E", "corrected"))), .seen(other, Verdict(.accepted)), "repeat of the correction")
            },
            Case("an accepted id with other content is reused: refused and stored as rejected, each time") { t in
                let seq = try await t.take("I")
                try await t.plan(seq, [])
                guard case .reused(let second) = try await t.accept(Acceptance(t.message("I", "other"))) else { throw t.violation("not reused") }
                try t.expect(try await t.message(of: second).state, .rejected, "state")
                try t.expect(try await t.message(of: second).verdict?.findings.first?.reason.code, "207", "code")
                guard case .reused = try await t.accept(Acceptance(t.message("I", "other"))) else { throw t.violation("not reused the second time") }
                try t.expect(try await t.accept(Acceptance(t.message("I"))), .seen(seq, Verdict(.accepted)), "the first one's repeat")
            },
            Case("where reuse is accepted, both contents are known afterwards") { t in
                let seq = try await t.take("I")
                try await t.plan(seq, [])
                guard case .new(let second) = try await t.accept(Acceptance(t.message("I", "other"), repeats: .acceptReuse)) else {
                    throw t.violation("not new")
                }
                try await t.plan(second, [])
                try t.expect(try await t.words(second).contains("reused"), "not flagged")
                try t.expect(try await t.accept(Acceptance(t.message("I", "other"))), .seen(second, Verdict(.accepted)), "second")
                try t.expect(try await t.accept(Acceptance(t.message("I"))), .seen(seq, Verdict(.accepted)), "first")
            },
            Case("a message held at a route counts as taken") { t in
                let seq = try await t.take("H")
                try await t.plan(seq, [t.delivery(seq, lane: 1, state: .held, to: "route:documents", sender: "route")], verdict: Verdict(.held))
                try t.expect(try await t.accept(Acceptance(t.message("H"))), .seen(seq, Verdict(.held)), "receipt")
            },
            Case("a body that was lost and comes again is the message's again, small and large, and the audit says so") { t in
                for (control, text) in [("R", "the right bytes"), ("S", String(repeating: "right ", count: 40_000))] {
                    let right = t.message(control, text), digest = right.digest
                    let lost = Message(envelope: right.envelope, body: .bytes(Array((text + "x").utf8)), digest: digest)
                    guard case .new(let seq) = try await t.accept(Acceptance(lost)) else { throw t.violation("not new") }
                    let held = t.delivery(seq, lane: 1, state: .held, to: "route:journal", sender: "route")
                    try await t.plan(seq, [held], verdict: Verdict(.held))
                    let before = try await t.message(of: seq).message
                    try await t.expectFailure(.damaged(seq), "damaged bytes") { _ = try await t.journal.bytes(of: before) }
                    try await t.journal.restore(right.body, of: seq, now: t.now)
                    let kept = try await t.message(of: seq).message
                    try t.expect(try await t.journal.bytes(of: kept) == Array(text.utf8), "\(control): other bytes")
                    try t.expect(try await t.words(seq).last, "restored", "audit")
                }
                try await t.expectFailure(nil, "no such message") { try await t.journal.restore(.bytes([1]), of: 999_999, now: t.now) }
            },
            Case("ids of other partners, and messages that cannot repeat, are no repeats") { t in
                try await t.take("S")
                guard case .new = try await t.accept(Acceptance(t.message("S", from: "LABO|CH"))) else { throw t.violation("another partner's id") }
                guard case .new = try await t.accept(Acceptance(t.message("S"), repeats: nil)) else { throw t.violation("a message that cannot repeat") }
                guard case .new = try await t.accept(Acceptance(t.message(""))), case .new = try await t.accept(Acceptance(t.message(""))) else {
                    throw t.violation("messages without an id")
                }
            },
            Case("repeats are recognised after a restart") { t in
                let seq = try await t.take("K"), open = try await t.take("L")
                try await t.plan(seq, [])
                let next = try await t.restarted()
                try t.expect(try await next.accept(Acceptance(next.message("K"))), .seen(seq, Verdict(.accepted)), "decided")
                try t.expect(try await next.accept(Acceptance(next.message("L"))), .undecided(open, sameBytes: true), "undecided")
            },
        ]
    }
}
