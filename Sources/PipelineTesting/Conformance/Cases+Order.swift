import Pipeline

extension JournalConformance {
    private static let document = Token(kind: "unique-id", value: "1.2.3")

    static var order: [Case] {
        [
            Case("deliveries of one lane leave in order, one at a time") { t in
                let a = try await t.send("A", lane: 1), b = try await t.send("B", lane: 1), c = try await t.send("C", lane: 1)
                try t.expect([try await t.state(a), try await t.state(b), try await t.state(c)], [.active, .queued, .queued], "planned")
                try t.expect(try await t.due(), [], "due while one is active")
                try t.expect(try await t.start(b), [:], "b before a ended")
                try t.expect(try await t.settle(a, next: [b]).activated, [b: 1], "b with a's settlement")
                try t.expect(try await t.settle(b, next: [c]).activated, [c: 1], "c with b's settlement")
            },
            Case("of next, only the head of the lane is activated") { t in
                let a = try await t.send("A", lane: 1), b = try await t.send("B", lane: 1), c = try await t.send("C", lane: 1)
                try t.expect(try await t.settle(a, next: [c]).activated, [:], "c before b")
                try t.expect(try await t.due(), [b], "due")
                try t.expect(try await t.start(c, b), [b: 1], "b alone")
            },
            Case("due gives the head of each lane, oldest first, without lanes in hand and resting senders") { t in
                var ids: [DeliveryID] = []
                for n in 0..<12 { ids.append(try await t.send("D\(n)", lane: UInt64(n % 6), state: .queued, sender: n % 2 == 0 ? "even" : "odd")) }
                try t.expect(try await t.due(), Array(ids[0..<6]), "all")
                try t.expect(try await t.due(limit: 2), Array(ids[0..<2]), "limit")
                try t.expect(try await t.due(excluding: [Lane(0), Lane(3)]), [ids[1], ids[2], ids[4], ids[5]], "excluding")
                try t.expect(try await t.due(resting: ["even"]), [ids[1], ids[3], ids[5]], "resting")
                let delivery = try await t.journal.due(t.lease, now: t.now, limit: 1, excluding: [])[0]
                try t.expect(try await t.journal.bytes(of: delivery.message), Array("content of D0".utf8), "bytes")
            },
            Case("due finds what is behind many lanes in hand") { t in
                var ids: [DeliveryID] = []
                for n in 0..<700 { ids.append(try await t.send("D\(n)", lane: UInt64(n), state: .queued)) }
                let inHand = Set((0..<690).map { Lane(UInt64($0)) })
                try t.expect(try await t.due(limit: 5, excluding: inHand), Array(ids[690..<695]), "due")
            },
            Case("deferred and unknown block their own lane until their time has come") { t in
                let a = try await t.send("A", lane: 1), b = try await t.send("B", lane: 1), other = try await t.send("C", lane: 2, state: .queued)
                let later = t.now + .seconds(30)
                try await t.settle(a, .deferred(Harness.why, until: later))
                try t.expect(try await t.due(), [other], "before")
                try t.expect(try await t.start(b), [:], "b passes a")
                try t.expect(try await t.journal.nextDue(t.lease), later, "next due")
                t.clock.advance(by: .seconds(30))
                try t.expect(try await t.due(), [a, other], "after")
                try t.expect(try await t.start(a), [a: 2], "second attempt")
                try await t.settle(a, .unknown(Harness.why, until: t.now + .seconds(5)), attempt: 2)
                try t.expect(try await t.due(), [other], "unknown")
                try t.expect(try await t.stored(a).delivery.wasUnknown, "not remembered as unknown")
                try t.expect(try await t.start(a), [a: 3], "an activation by name does not wait for the time")
            },
            Case("refused does not block") { t in
                let a = try await t.send("A", lane: 1), b = try await t.send("B", lane: 1)
                try t.expect(try await t.settle(a, .refused(Harness.why), next: [b]).activated, [b: 1], "b")
            },
            Case("held blocks its lane, unless it lets others pass") { t in
                let a = try await t.send("A", lane: 1), b = try await t.send("B", lane: 1)
                let x = try await t.send("X", lane: 2, blocks: false), y = try await t.send("Y", lane: 2)
                try await t.settle(a, .held(Harness.why, owner: .identity))
                try await t.settle(x, .held(Harness.why, owner: .vendor))
                try t.expect(try await t.due(), [y], "due")
                try t.expect(try await t.start(b, y), [y: 1], "started")
                try t.expect(try await t.stored(a).owner, .identity, "owner")
                try t.expect(try await t.stored(a).reason, Harness.why, "reason")
            },
            Case("a merge waits for what is before it in both lanes, and later ones of both wait for it") { t in
                let other = try await t.send("B1", lane: 2)
                let merge = try await t.send("M", lane: 1, barrier: 2)
                try t.expect(try await t.state(merge), .queued, "merge behind the other patient's delivery")
                let later = try await t.send("B2", lane: 2), own = try await t.send("A2", lane: 1)
                try t.expect(try await t.due(), [], "due")
                try t.expect(try await t.settle(other, next: [later]).activated, [:], "the later one passes the merge")
                try t.expect(try await t.due(), [merge], "the merge")
                try t.expect(try await t.start(merge, later, own), [merge: 1], "merge alone")
                let settled = try await t.settle(merge)
                try t.expect(settled.freed.contains(Lane(2)), "the other lane is not named as freed")
                try t.expect(try await t.due(), [later, own], "after the merge")
            },
            Case("what ends in the other lane frees the merge's lane") { t in
                let other = try await t.send("B1", lane: 2)
                let merge = try await t.send("M", lane: 1, barrier: 2)
                try t.expect(try await t.settle(other).freed, [Lane(1)], "freed")
                try t.expect(try await t.due(), [merge], "due")
            },
            Case("what a clock that was ahead put off is due after a restart, at the head of its lane and behind it") { t in
                let early = try await t.take("A"), late = try await t.take("B"), alone = try await t.send("C", lane: 2)
                try await t.plan(late, [t.delivery(late, lane: 1)])
                let (a, b) = (Delivery.id(early, 0), Delivery.id(late, 0)), far = t.now + .seconds(10 * 86_400)
                for id in [b, alone] { try await t.settle(id, .deferred(Harness.why, until: far)) }
                try await t.plan(early, [t.delivery(early, lane: 1, state: .queued)])
                try t.expect(try await t.due(), [a], "before")
                let next = try await t.restarted()
                try t.expect(try await next.due(), [a, alone], "the heads")
                try t.expect(try await next.start(a), [a: 1], "the head")
                try await next.settle(a)
                try t.expect(try await next.due(), [b, alone], "behind the head")
            },
            Case("what follows a head in its lane is a run of queued ones in order; the order is kept by activation all the same") { t in
                let a = try await t.send("A", lane: 1, state: .queued), b = try await t.send("B", lane: 1, state: .queued)
                let c = try await t.send("C", lane: 1, state: .queued), merge = try await t.send("M", lane: 1, state: .queued, barrier: 7)
                let late = try await t.send("D", lane: 1, state: .queued), other = try await t.send("E", lane: 2, state: .queued)
                let heads = try await t.journal.due(t.lease, now: t.now, limit: 9, excluding: [])
                try t.expect(heads.map(\.id), [a, other], "heads")
                let behind = try await t.journal.following(heads, each: 9).map(\.id)
                try t.expect(behind, [b, c], "behind: merge \(merge), late \(late)")
                let one = try await t.journal.following(heads, each: 1).map(\.id)
                try t.expect(one, [b], "one of each")
                try t.expect(try await t.start(b, c), [:], "before the head")
                try await t.command(.hold(Harness.why, owner: .vendor), b)
                try t.expect(try await t.journal.following(heads, each: 9).count, 0, "behind a held one")
                try t.expect(try await t.start(a, b, c), [a: 1], "the head alone")
            },
            Case("a merge is a barrier in every lane that it names, of both classes, past a restart") { t in
                let today = try await t.send("B1", lane: 2), history = try await t.send("B2", lane: 3, state: .queued, of: .bulk)
                let number = try await t.send("B3", lane: 4)
                let merge = try await t.send("M", lane: 1, barrier: 2, 3, 4)
                try t.expect(try await t.stored(merge).blockers, [today, history, number], "what it waits for")
                let laterToday = try await t.send("C1", lane: 2), laterHistory = try await t.send("C2", lane: 3, state: .queued, of: .bulk)
                let laterNumber = try await t.send("C3", lane: 4)
                try await t.settle(today)
                try await t.settle(number)
                try t.expect(try await t.due(), [history], "the merge passes history")
                try t.expect(try await t.start(merge, laterToday, laterNumber), [:], "by name")
                let next = try await t.restarted()
                try t.expect(try await next.start(history), [history: 1], "history")
                try t.expect(try await next.settle(history).freed, [Lane(1)], "freed")
                try t.expect(try await next.start(laterToday, laterHistory, merge, laterNumber), [merge: 1], "the merge alone")
                try t.expect(try await next.due(), [], "beside the merge")
                try t.expect(try await next.settle(merge).freed, [Lane(2), Lane(3), Lane(4)], "freed by the merge")
                try t.expect(try await next.due(), [laterToday, laterHistory, laterNumber], "afterwards")
                try await next.command(.resend, merge)
                try t.expect(try await next.start(merge + 1), [merge + 1: 1], "resent")
                try t.expect(try await next.start(laterToday, laterHistory, laterNumber), [:], "beside the resent one")
            },
            Case("a merge that is resent holds back what is planned then, where there was none at the start") { t in
                let merge = try await t.send("M", lane: 1, barrier: 2)
                try await t.settle(merge)
                let next = try await t.restarted()
                try await next.command(.resend, merge)
                let later = try await next.send("C", lane: 2)
                try t.expect(try await next.state(later), .queued, "planned behind it")
                try t.expect(try await next.start(later), [:], "by name")
                try t.expect(try await next.due(), [merge + 1], "due")
            },
            Case("two merges into one patient leave in order") { t in
                let first = try await t.send("M1", lane: 1, barrier: 3), second = try await t.send("M2", lane: 2, barrier: 3)
                try t.expect(try await t.state(second), .queued, "second")
                try t.expect(try await t.settle(first, next: [second]).activated, [second: 1], "after the first")
            },
            Case("a replacement waits for every open carrier of the document to the same far end") { t in
                let carrier = try await t.send("D", lane: 1, tokens: [document])
                let elsewhere = try await t.send("E", lane: 3, state: .held, sender: "ror", tokens: [document])
                let replacement = try await t.send("R", lane: 2, tokens: [Token(kind: "unique-id", value: "1.2.4")], replaces: [document])
                try t.expect(try await t.state(replacement), .queued, "replacement")
                try t.expect(try await t.stored(replacement).delivery.predecessorOpen, "the open predecessor is not told")
                try t.expect(try await t.due(), [], "due")
                try t.expect(try await t.settle(carrier).freed, [Lane(2)], "freed")
                try t.expect(try await t.due(), [replacement], "afterwards")
                try t.expect(try await t.start(replacement), [replacement: 1], "started")
                try t.expect(try await t.stored(replacement).delivery.predecessorOpen == false, "still preceded")
                try t.expect(try await t.state(elsewhere), .held, "another far end's")
            },
            Case("a held carrier holds its replacement back, even where others pass; a discarded one does not") { t in
                let carrier = try await t.send("D", lane: 1, state: .held, tokens: [document], blocks: false)
                let replacement = try await t.send("R", lane: 2, replaces: [document])
                try t.expect(try await t.start(replacement), [:], "held carrier")
                try await t.command(.discard(Harness.why), carrier)
                try t.expect(try await t.due(), [replacement], "due")
            },
            Case("an earlier message planned later goes first in its lane, once what is active has ended") { t in
                let early = try await t.take("early"), late = try await t.take("late"), last = try await t.take("last")
                try await t.plan(late, [t.delivery(late, lane: 1)])
                try await t.plan(last, [t.delivery(last, lane: 1)])
                try t.expect(try await t.plan(early, [t.delivery(early, lane: 1)]), [], "beside an active one")
                try t.expect(try await t.due(), [], "due")
                try t.expect(
                    try await t.settle(Delivery.id(late, 0), next: [Delivery.id(last, 0), Delivery.id(early, 0)]).activated, [Delivery.id(early, 0): 1],
                    "the earliest")
            },
        ]
    }
}
