import Pipeline

extension JournalConformance {
    static var planning: [Case] {
        [
            Case("a plan routes the message and starts deliveries whose lane is free") { t in
                let seq = try await t.take("A")
                let part = Part(id: "dr.a@mss", notes: ["recipient": .record(["name": .text("A \"quoted\" é\n"), "all": .list([.text("1")])])])
                let planned = [
                    t.delivery(seq, 0, lane: 1, part: part), t.delivery(seq, 1, lane: 2, state: .queued, to: "documents/pro", sender: "mssante"),
                    t.delivery(seq, 2, lane: 1),
                ]
                try t.expect(try await t.plan(seq, planned, trace: "route documents matches"), [planned[0].id], "active")
                let message = try await t.journal.find(.messages()).messages[0]
                try t.expect(message.state, .routed, "message")
                try t.expect(message.deliveries.map(\.state), [.active, .queued, .queued], "deliveries")
                let whole = try await t.journal.find(.message(message.message.envelope.id)).messages[0]
                try t.expect(whole.trace, "route documents matches", "trace")
                let first = whole.deliveries[0].delivery
                try t.expect(first.part, part, "part")
                try t.expect(first.key, planned[0].key, "key")
                try t.expect([first.route, first.destination, first.sender], ["documents", "documents/dmp", "dmp"], "names")
                try t.expect(first.lane, Lane(1), "lane")
                try t.expect(first.attempt, 1, "attempt")
                try t.expect(try await t.words(seq), ["accepted", "planned", "active"], "audit")
            },
            Case("a verdict without a plan leaves the message incoming") { t in
                let seq = try await t.take("A")
                _ = try await t.journal.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: nil)], t.lease)
                try t.expect(try await t.message(of: seq).state, .incoming, "state")
                try await t.plan(seq, [])
                try t.expect(try await t.message(of: seq).state, .routed, "state at the end")
            },
            Case("many plans are one transaction: an unknown message undoes them all") { t in
                let seq = try await t.take("A")
                try await t.expectFailure(nil, "plan") {
                    _ = try await t.journal.plan(
                        [Plan(seq: seq, verdict: Verdict(.accepted), deliveries: []), Plan(seq: 999, verdict: Verdict(.accepted), deliveries: [])], t.lease)
                }
                try t.expect(try await t.message(of: seq).state, .incoming, "state")
            },
            Case("what one call plans keeps its order: lanes, merges, replacements, what is held") { t in
                let token = Token(kind: "unique-id", value: "9.9")
                var seqs: [Seq] = []
                for name in ["A", "B", "M", "C", "R", "H", "P", "K", "L"] { seqs.append(try await t.take(name)) }
                let planned = [
                    t.delivery(seqs[0], lane: 1, tokens: [token]), t.delivery(seqs[1], lane: 1), t.delivery(seqs[2], lane: 2, barriers: [3]),
                    t.delivery(seqs[3], lane: 3), t.delivery(seqs[4], lane: 4, replaces: [token]), t.delivery(seqs[5], lane: 5, state: .held, blocks: false),
                    t.delivery(seqs[6], lane: 5), t.delivery(seqs[7], lane: 6, state: .held), t.delivery(seqs[8], lane: 6),
                ]
                let plans = zip(seqs, planned).map { Plan(seq: $0, verdict: Verdict(.accepted), deliveries: [$1]) }
                try t.expect(Set(try await t.journal.plan(plans, t.lease)), [planned[0].id, planned[2].id, planned[6].id], "active")
                try t.expect(try await t.due(), [], "due")
                try await t.settle(planned[2].id)
                try t.expect(try await t.due(), [planned[3].id], "behind the merge")
                try await t.settle(planned[0].id)
                try t.expect(Set(try await t.due()), [planned[1].id, planned[3].id, planned[4].id], "behind the document")
                try await t.command(.discard(Harness.why), planned[7].id)
                try t.expect(try await t.due().count, 4, "behind what blocked")
            },
            Case("a plan that is tried again changes nothing and gets the same answer") { t in
                let seq = try await t.take("A")
                let planned = [t.delivery(seq, lane: 1)]
                try t.expect(try await t.plan(seq, planned), [planned[0].id], "first")
                try t.expect(try await t.plan(seq, planned), [planned[0].id], "second")
                try t.expect(try await t.stored(planned[0].id).delivery.attempt, 1, "attempt")
            },
            Case("a routed message can get more deliveries: a held route that was released") { t in
                let seq = try await t.take("A")
                try await t.plan(seq, [t.delivery(seq, lane: 9, state: .held, to: "route:documents", sender: "route")], verdict: Verdict(.held), trace: "held")
                try await t.plan(seq, [t.delivery(seq, 1024, lane: 1)], trace: "run again")
                let found = try await t.journal.find(.messages()).messages[0]
                try t.expect(found.deliveries.map(\.state), [.held, .active], "deliveries")
                let whole = try await t.journal.find(.message(found.message.envelope.id)).messages[0]
                try t.expect(whole.trace, "held\nrun again", "trace")
            },
            Case("a plan under a stale lease is refused") { t in
                let seq = try await t.take("A")
                let next = try await t.restarted()
                try await t.expectFailure(.stale, "plan") {
                    _ = try await next.journal.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [])], t.lease)
                }
            },
            Case("route-held deliveries that block give their message's keys, until they are settled") { t in
                let seq = try await t.take("A", patient: 7), passing = try await t.take("B", patient: 8)
                try await t.plan(seq, [t.delivery(seq, lane: 9, state: .held, to: "route:documents", sender: "route")])
                try await t.plan(passing, [t.delivery(passing, lane: 10, state: .held, to: "route:documents", sender: "route", blocks: false)])
                var keys = OrderKeys()
                (keys.patient, keys.connection) = (7, 99)
                try t.expect(try await t.journal.blockedKeys(), [Delivery.id(seq, 0): keys], "held")
                try await t.command(.release, Delivery.id(seq, 0))
                try t.expect(try await t.journal.blockedKeys(), [Delivery.id(seq, 0): keys], "released, not run yet")
                _ = try await t.start(Delivery.id(seq, 0))
                try await t.settle(Delivery.id(seq, 0))
                try t.expect(try await t.journal.blockedKeys(), [:], "done")
            },
        ]
    }
}
