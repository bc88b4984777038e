import HL7v2
import NIOCore
import Pipeline
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@testable import Connectors

@Suite struct MLLPListenerTests {
    @Test("A message is handed in with partner, keys and digest, and answered AA in the sender's character set")
    func accepted() async throws {
        let intake = ScriptedIntake()
        try await withListener(intake) { _, port in
            let answer = try await blocking {
                let client = try RawClient(port: port)
                let latin = try HL7Message(adt("M1")).transcoded(to: .latin9)
                client.send(framed(latin.bytes))
                return client.frame()
            }
            let ack = try ack(answer)
            #expect(ack["MSA-1"] == "AA" && ack["MSA-2"] == "M1" && ack["MSH-9.2"] == "A03" && ack["MSH-18"] == "8859/15" && ack["MSH-17"] == "FRA")
            #expect(ack["MSH-10"].utf8.count == 20 && ack["MSH-7"].utf8.count == 14)
            let got = try #require(intake.got.first)
            let envelope = got.acceptance.message.envelope
            #expect(envelope.partner == Partner(facility: "clinique", name: "DPI|CH") && envelope.controlID == "M1" && envelope.format == "hl7v2")
            #expect(envelope.keys.patient != 0 && envelope.keys.ins != 0 && envelope.keys.account != 0 && envelope.keys.connection != 0)
            #expect(envelope.keys.planning == envelope.keys.patient && envelope.keys.merged == 0)
            #expect(got.content is HL7Message && got.acceptance.repeats == .refuseReuse && got.acceptance.message.digest.count == 32)
        }
    }

    @Test("Several frames in one packet are answered in order, one in flight; a frame in many packets is one message")
    func packets() async throws {
        let intake = ScriptedIntake()
        try await withListener(intake) { _, port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send([0x0D] + framed(adt("A")) + framed(adt("B")) + [0x41] + framed(adt("C")))
                for id in ["A", "B", "C"] { #expect(try ack(client.frame())["MSA-2"] == id) }
                for byte in framed(adt("D")) { client.send([byte]) }
                #expect(try ack(client.frame())["MSA-2"] == "D")
            }
            #expect(intake.got.map { $0.acceptance.message.envelope.controlID } == ["A", "B", "C", "D"])
        }
    }

    @Test("While a message is judged nothing more is taken; a half-closed client still gets its answers")
    func backPressure() async throws {
        let intake = ScriptedIntake { _ in nil }
        try await withListener(intake) { listener, port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send(framed(adt("A")) + framed(adt("B")))
                client.finishSending()
                try wait { intake.got.count == 1 }
                #expect(intake.got.count == 1)
                for id in ["A", "B"] {
                    try wait { !intake.open.withLock { $0.isEmpty } }
                    intake.open.withLock { $0.removeFirst() }(.accepted([]))
                    #expect(try ack(client.frame())["MSA-2"] == id)
                }
                #expect(client.isAtEnd())
            }
        }
    }

    @Test("AE and AR carry ERR with place, code and text; a code that is not HL7's becomes 207")
    func refusals() async throws {
        let intake = ScriptedIntake { acceptance in
            switch acceptance.message.envelope.controlID {
            case "E":
                .rejected([
                    Finding(.error, Reason("101", Text(fr: "Champ absent é", en: "x"), location: "PID[1]-3[2].4.2")),
                    Finding(.information, Reason("101", Text(fr: "x", en: "x"))),
                    Finding(.error, Reason("P0702", Text(fr: "Autre", en: "x"), location: "/ClinicalDocument/id")),
                ])
            default: .later(Reason("P0511", Text(fr: "Journal plein", en: "full")))
            }
        }
        try await withListener(intake) { _, port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send(framed(adt("E")) + framed(adt("L")))
                let refused = try ack(client.frame())
                #expect(refused["MSA-1"] == "AE" && refused.segments("ERR").count == 2)
                #expect(
                    refused.segment("ERR").map { String(decoding: $0.raw, as: UTF8.self) }
                        == "ERR||PID^1^3^2^4^2|101^Required field missing^messageErrorCondition|E||||Champ absent é")
                #expect(refused["ERR[2]-3.1"] == "207" && refused["ERR[2]-8"] == "Autre (/ClinicalDocument/id)")
                let later = try ack(client.frame())
                #expect(later["MSA-1"] == "AR" && later["MSA-2"] == "L" && later["ERR-8"] == "Journal plein")
            }
        }
    }

    @Test(
        "Faulty headers are journaled as rejected and answered AE: no MSH 100, unknown partner 207, no MSH-10 101, MSH-11 202, bytes 102",
        arguments: [
            (Array("hello".utf8), "100", ""), ([], "100", ""), (Array("PID|1\rPV1|1".utf8), "100", ""), (Array(0x80...0xFF), "100", ""),
            (adt("M1", application: "STRANGER"), "207", "M1"), (adt(""), "101", ""), (adt("M2", processing: "X"), "202", "M2"),
            (adt("M3").dropLast() + [0xFF, 0x0D], "102", "M3"), (adt("M4", charset: "8859/7"), "103", "M4"), (adt("M5", extra: "pid|1\r"), "100", "M5"),
            (Array("MSH|^^^^|A".utf8), "100", ""),
        ] as [([UInt8], String, String)])
    func faulty(bytes: [UInt8], code: String, controlID: String) async throws {
        let intake = ScriptedIntake(partner: { application, code, _ in
            application == "STRANGER"
                ? .unknown(Reason("207", Text(fr: "émetteur inconnu", en: "unknown"), location: "MSH-3"))
                : .known(Partner(facility: "clinique", name: "DPI|CH"), .acceptReuse)
        })
        try await withListener(intake) { _, port in
            let answer = try await blocking {
                let client = try RawClient(port: port)
                client.send(framed(bytes))
                return client.frame()
            }
            let ack = try ack(answer)
            #expect(ack["MSA-1"] == "AE" && ack["MSA-2"] == controlID && ack["ERR-3.1"] == code)
            let got = try #require(intake.got.first)
            #expect(got.acceptance.verdict?.kind == .rejected && got.acceptance.repeats == nil && got.bytes == bytes)
        }
    }

    @Test(
        "Production takes MSH-11 P alone, test takes P, T and D (design §5)",
        arguments: [
            (Environment.production, "P", true), (.production, "T", false), (.production, "D", false), (.test, "P", true), (.test, "T", true),
            (.test, "D", true),
        ])
    func environment(environment: Environment, processing: String, accepted: Bool) async throws {
        try await withListener(ScriptedIntake(), environment: environment) { _, port in
            let answer = try await blocking {
                let client = try RawClient(port: port)
                client.send(framed(adt("1", processing: processing)))
                return client.frame()
            }
            #expect(try ack(answer)["MSA-1"] == (accepted ? "AA" : "AE"))
        }
    }

    @Test("A frame over the limit is answered AE 199 from the MSH seen, then the connection closes")
    func tooLarge() async throws {
        let intake = ScriptedIntake()
        try await withListener(intake, ["frame": .integer(20_000)]) { listener, port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send([0x0B] + adt("BIG") + [UInt8](repeating: 0x41, count: 60_000))
                let answer = try ack(client.frame())
                #expect(answer["MSA-1"] == "AE" && answer["MSA-2"] == "BIG" && answer["ERR-3.1"] == "199")
                #expect(client.isAtEnd())
            }
            #expect(intake.got.isEmpty && listener.server.counters.values.tooLarge == 1)
        }
    }

    @Test("A connection cut inside a frame gives no message and is counted; silence inside a frame and between frames ends it")
    func cut() async throws {
        let intake = ScriptedIntake()
        try await withListener(intake, ["stall": .duration(.milliseconds(150)), "idle": .duration(.seconds(60))]) { listener, port in
            try await blocking {
                let cut = try RawClient(port: port)
                cut.send(Array(framed(adt("X")).dropLast(2)))
                cut.finishSending()
                #expect(cut.isAtEnd())
                let stalled = try RawClient(port: port)
                stalled.send([0x0B, 0x4D])
                #expect(stalled.isAtEnd())
                try wait { listener.server.counters.values.truncated == 2 }
            }
            #expect(intake.got.isEmpty)
        }
        try await withListener(intake, ["idle": .duration(.milliseconds(600))]) { listener, port in
            try await blocking {
                // On a machine that is busy a connection may end before its message is sent: then another one.
                try wait {
                    guard let idle = try? RawClient(port: port) else { return false }
                    idle.send(framed(adt("Y")))
                    guard let answer = idle.frame() else { return false }
                    return HL7Message.peek(answer)?["MSA-1"] == "AA" && idle.isAtEnd()
                }
            }
            #expect(!intake.got.isEmpty && listener.server.counters.values.truncated == 0)
        }
    }

    @Test("Bytes outside frames are counted, and too many of them end the connection; connections are limited")
    func junk() async throws {
        try await withListener(ScriptedIntake(), ["connections": .integer(1)]) { listener, port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send(Array("GET / HTTP/1.1\r\n".utf8) + framed(adt("A")))
                #expect(try ack(client.frame())["MSA-1"] == "AA")
                #expect(listener.server.counters.values.junk == 12)
                let second = try RawClient(port: port)
                #expect(second.isAtEnd())
                client.send([UInt8](repeating: 0x41, count: 200_000))
                #expect(client.isAtEnd())
            }
            #expect(listener.server.counters.values.turnedAway == 1)
        }
    }

    @Test("At shutdown the message in flight is answered, then its connection closes; resting ones close at once")
    func shutdown() async throws {
        let intake = ScriptedIntake { _ in nil }
        let listener = try MLLPListener(.test(["host": .text("127.0.0.1"), "port": .integer(0)]), .test(intake))
        let running = Task { try await listener.run() }
        try await eventually { await listener.boundPort != nil }
        let port = await listener.boundPort ?? 0
        try await blocking {
            let busy = try RawClient(port: port)
            let resting = try RawClient(port: port)
            busy.send(framed(adt("A")))
            try wait { intake.got.count == 1 && listener.server.connectionCount == 2 }
            running.cancel()
            #expect(resting.isAtEnd())
            #expect(throws: (any Error).self) { try RawClient(port: port) }
            intake.open.withLock { $0.removeFirst() }(.accepted([]))
            #expect(try ack(busy.frame())["MSA-1"] == "AA")
            #expect(busy.isAtEnd())
        }
        try await running.value
    }

    @Test("A merge names both patients; messages without patient are ordered by connection")
    func keys() throws {
        let keys = MLLPKeys(hash: SipHash(secret: Key128(high: 1, low: 2)), facility: "f", ipp: "1.2.3")
        func of(_ text: String) throws -> OrderKeys { try keys.read(HL7Message(Array(text.utf8)), connection: "c").keys }
        let start = "MSH|^~\\&|A|B|C|D|1||ADT^A40|1|P|2.5\r"
        let merge = try of(start + "PID|1||9^^^X&1.9&ISO^PI~7^^^X&1.2.3&ISO^PI\rMRG|8^^^X&1.2.3&ISO^PI")
        let plain = try of("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||8^^^X&1.2.3&ISO^PI")
        #expect(merge.merged == plain.patient && merge.patient != plain.patient && plain.merged == 0)
        let both = start + "PID|1||7^^^X&1.2.3&ISO^PI\rMRG|8^^^X&1.2.3&ISO^PI~269029910900215^^^X&1&ISO^INS"
        let note = try keys.read(HL7Message(Array(both.utf8)), connection: "c").notes[Envelope.mergedINSNote]
        #expect(try note == String(of(start + "PID|1||269029910900215^^^X&1&ISO^INS").ins, radix: 16))
        #expect(try keys.read(HL7Message(Array((start + "PID|1||7^^^X^PI\rMRG|8^^^X^PI").utf8)), connection: "c").notes.isEmpty)
        let foreign = try of("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||8^^^X&1.9&ISO^PI")
        #expect(foreign.patient != plain.patient && foreign.patient == keys.hash.patient("8", facility: "f", authority: "1.9"))
        #expect(try of("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||8^^^X^PI").patient == plain.patient, "a domain that is not named is the facility's own")
        let bare = try of("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\r")
        #expect(bare.patient == 0 && bare.planning == bare.connection && bare.connection != 0)
        let ins = try of(start + "PID|1||269029910900215^^^X&1&ISO^INS")
        #expect(ins.patient == 0 && ins.planning == ins.ins)
    }
}

/// Waits until something is so, at most a minute. Blocking: not on the cooperative pool.
func wait(_ condition: () -> Bool) throws {
    let limit = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < limit else { throw NeverSo() }
        usleep(2000)
    }
}

/// Waits until something is so, at most a minute.
func eventually(_ condition: () async throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < limit else { throw NeverSo() }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// What a test waited for did not come.
struct NeverSo: Error {}
