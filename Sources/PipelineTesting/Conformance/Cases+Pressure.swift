import Pipeline

/// Classes, merges that wait, and what is parked behind a held route.
extension JournalConformance {
    static var pressure: [Case] {
        [
            Case("due gives one class alone when it is asked for, and a delivery keeps its class past a restart and a resend") { t in
                let bulk = try await t.send("B", lane: 1, state: .queued, of: .bulk), today = try await t.send("T", lane: 2, state: .queued)
                try t.expect(try await t.due(of: .today), [today], "today")
                try t.expect(try await t.due(of: .bulk), [bulk], "bulk")
                try t.expect(try await t.due(), [bulk, today], "both")
                try t.expect(try await t.due(resting: ["dmp"], of: .bulk), [], "resting")
                try t.expect(try await t.stored(bulk).delivery.deliveryClass, .bulk, "class")
                let next = try await t.restarted()
                try t.expect(try await next.due(of: .bulk), [bulk], "after a restart")
                _ = try await next.start(bulk)
                try await next.settle(bulk)
                try await next.command(.resend, bulk)
                try t.expect(try await next.due(of: .bulk), [bulk + 1], "the resent one")
            },
            Case("a replacement for today waits for what it replaces in bulk") { t in
                let document = Token(kind: "unique-id", value: "1.2.3")
                let old = try await t.send("D", lane: 1, state: .queued, tokens: [document], of: .bulk)
                let new = try await t.send("R", lane: 2, replaces: [document])
                try t.expect(try await t.due(of: .today), [], "before")
                try t.expect(try await t.stored(new).blockers, [old], "what it waits for")
                try t.expect(try await t.start(new), [:], "started by name")
                _ = try await t.start(old)
                try t.expect(try await t.settle(old).freed, [Lane(2)], "freed")
                try t.expect(try await t.due(of: .today), [new], "after")
            },
            Case("a merge that waits names what it waits for; what waits for nothing names nothing") { t in
                let own = try await t.send("A1", lane: 1), other = try await t.send("B1", lane: 2, state: .held)
                let merge = try await t.send("M", lane: 1, barrier: 2), later = try await t.send("B2", lane: 2)
                try t.expect(try await t.stored(merge).blockers, [own, other], "the merge")
                try t.expect(try await t.stored(merge).isMerge, "not told as a merge")
                try t.expect(try await t.stored(later).blockers, [other, merge], "behind the merge")
                try t.expect(try await t.stored(own).blockers, [], "the active one")
                let page = try await t.journal.find(.deliveries(states: [.queued])).deliveries
                try t.expect(page.map(\.blockers), [[own, other], [other, merge]], "in a list")
            },
            Case("a person lets a merge pass alone: it leaves before what it waits for, nothing else does, and what is held before it cannot be released") {
                t in
                let held = try await t.send("B1", lane: 2, state: .held), own = try await t.send("A1", lane: 1)
                let merge = try await t.send("M", lane: 1, barrier: 2), later = try await t.send("B2", lane: 2)
                try await t.command(.pass, merge)
                try t.expect(try await t.stored(merge).blockers, [own], "what it still waits for")
                try t.expect(try await t.due(), [], "beside the active one of its lane")
                try await t.settle(own, .deferred(Harness.why, until: t.now + .seconds(60)))
                try t.expect(try await t.due(), [merge], "due")
                let next = try await t.restarted()
                try t.expect(try await next.start(merge), [merge: 1], "started after a restart")
                t.clock.advance(by: .seconds(90))
                try t.expect(try await next.start(own), [:], "beside the merge")
                try await next.settle(merge)
                try t.expect(try await next.due(), [own], "then what it passed")
                try t.expect(try await next.start(later), [:], "still behind the held one")
                try await next.expectFailure(.refused(JournalReasons.overtaken), "release") { try await next.command(.release, held) }
                try await next.command(.discard(Harness.why), held)
                try t.expect(try await next.start(later), [later: 1], "after the discard")
                try t.expect(try await next.words(merge >> 12).contains("passed"), "not in the audit")
            },
            Case("a merge that a person let pass is still offered when something came before it in its lane while it waited for an active one") { t in
                let held = try await t.send("A", lane: 1, state: .held, blocks: false)
                let first = try await t.send("B1", lane: 2), second = try await t.send("B2", lane: 2)
                let merge = try await t.send("M", lane: 1, barrier: 2)
                try await t.command(.pass, merge)
                try await t.settle(first, next: [second])
                try await t.command(.release, held)
                try t.expect(try await t.start(held), [held: 1], "the released one")
                try await t.settle(held, .deferred(Harness.why, until: t.now + .seconds(60)))
                try t.expect(try await t.due(), [], "beside the active one of the other lane")
                try await t.settle(second)
                try t.expect(try await t.due(), [merge], "due")
                try t.expect(try await t.start(merge), [merge: 1], "started")
            },
            Case("only a merge that waits can be let pass") { t in
                _ = try await t.send("A", lane: 1)
                let behind = try await t.send("B", lane: 1), merge = try await t.send("M", lane: 3, barrier: 4)
                try await t.expectFailure(.refused(JournalReasons.noMerge), "no merge") { try await t.command(.pass, behind) }
                try await t.settle(merge)
                try await t.expectFailure(.refused(JournalReasons.noMerge), "a settled one") { try await t.command(.pass, merge) }
            },
            Case("what is parked is found by its key, in order, until it has its plan") { t in
                var seqs: [Seq] = []
                for n in 0..<6 { seqs.append(try await t.take("P\(n)", patient: UInt64(n % 2 + 1))) }
                try t.expect(try await t.journal.unrouted(key: 1, after: 0, limit: 9).count, 0, "undecided ones")
                let parked = seqs.prefix(5).map { Plan(seq: $0, verdict: Verdict(.accepted), deliveries: nil) }
                _ = try await t.journal.plan(parked, t.lease)
                func found(_ key: UInt64, after: Seq = 0, limit: Int = 9) async throws -> [Seq] {
                    try await t.journal.unrouted(key: key, after: after, limit: limit).map(\.message.seq)
                }
                try t.expect(try await found(1), [seqs[0], seqs[2], seqs[4]], "one patient")
                try t.expect(try await found(2), [seqs[1], seqs[3]], "another")
                try t.expect(try await found(1, after: seqs[0], limit: 1), [seqs[2]], "a page")
                try await t.plan(seqs[0], [])
                try t.expect(try await found(1), [seqs[2], seqs[4]], "after a plan")
                let next = try await t.restarted()
                try t.expect(try await next.journal.unrouted(key: 2, after: 0, limit: 9).map(\.message.seq), [seqs[1], seqs[3]], "after a restart")
                try t.expect(try await next.journal.unrouted(key: 2, after: 0, limit: 1)[0].message.envelope.controlID, "P1", "whole")
            },
        ]
    }
}
