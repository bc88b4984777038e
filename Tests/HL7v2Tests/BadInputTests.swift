import HL7v2
import Testing

/// Reads everything that can be read of a message: a crash here is a failure of the test.
func touch(_ m: HL7Message) {
    for segment in m.segments {
        for number in 0...min(segment.fieldCount + 1, 40) {
            for repetition in (segment.field(number)?.repetitions ?? []).prefix(10) {
                for component in 0...min(repetition.componentCount + 1, 10) { _ = repetition.value(component, 2) }
            }
        }
    }
    _ = m.values("PID-3[CX.5=INS].4.2")
    _ = try? m.setting("PID-3[2].4.2", to: "é|x")
    _ = HL7Answer(m)
    let ack = Acknowledgement.build(.AE, for: m, controlID: "1", time: "1")
    #expect(throws: Never.self) { try HL7Message(ack) }
}

@Suite struct BadInputTests {
    @Test(
        "Bytes that are no message are refused with a code, a place and a text in both languages",
        arguments: [
            ("", HL7Error.noMSH), ("MS", .noMSH), ("MSH", .noMSH), ("PID|1", .noMSH), ("msh|^~\\&|", .noMSH), ("BHS|^~\\&|", .noMSH),
            ("\u{0}\u{0}\u{0}", .noMSH),
            ("MSH ^~\\&|", .badDelimiters), ("MSHA^~\\&|", .badDelimiters), ("MSH||A", .badDelimiters), ("MSH|^^\\&|", .badDelimiters),
            ("MSH|^~\\&#!|", .badDelimiters), ("MSH|AB|", .badDelimiters), ("MSH|\r", .badDelimiters), ("MSH|é|", .badDelimiters),
            ("MSH|^~\\&|A\rpid|1", .badSegment(after: HL7Location("MSH"))),
            ("MSH|^~\\&|A\rPID|1\rPID|2\rhello world", .badSegment(after: HL7Location("PID", ordinal: 2))),
            ("MSH|^~\\&|A\r|1", .badSegment(after: HL7Location("MSH"))),
        ])
    func refused(input: String, error: HL7Error) {
        #expect(throws: error) { try HL7Message(Array(input.utf8)) }
        #expect(!error.text.fr.isEmpty && !error.text.en.isEmpty && error.code >= 100)
    }

    @Test("Limits on bytes, segments and delimiters are kept")
    func limits() {
        let long = Array((header + String(repeating: "NTE|1\r", count: 20)).utf8)
        #expect(throws: HL7Error.tooLarge(limit: 100)) { try HL7Message(long, limits: HL7Limits(bytes: 100)) }
        #expect(throws: HL7Error.tooMany(limit: 10)) { try HL7Message(long, limits: HL7Limits(segments: 10)) }
        let wide = Array((header + "NTE|" + String(repeating: "|", count: 500)).utf8)
        #expect(throws: HL7Error.tooMany(limit: 200)) { try HL7Message(wide, limits: HL7Limits(delimiters: 200)) }
    }

    @Test("Every prefix of a message is read or refused, never a crash (drip)")
    func drip() throws {
        let bytes = try fixture("oru-initial.hl7")
        for count in 0...bytes.count {
            if let m = try? HL7Message(Array(bytes[..<count])) { _ = m["PID-3[5=INS].1"] }
            _ = HL7Message.peek(bytes[..<count])?["PID-3[5=INS].1"]
        }
    }

    @Test("20 000 seeded mutations of real messages are read or refused, never a crash")
    func mutations() throws {
        let seeds = try [fixture("oru-initial.hl7"), fixture("adt-a03-latin9.hl7"), Array((header + "MSA|AE|1\rERR|PID^1^3^101&R\r").utf8)]
        let nasty: [UInt8] = [0, 0x0A, 0x0D, 0x0B, 0x1C, 0x20, 0x22, 0x26, 0x5C, 0x5E, 0x7C, 0x7E, 0x7F, 0x80, 0xC3, 0xEF, 0xF4, 0xFF]
        var random = Seeded(state: 20_260_115)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[place] = nasty.randomElement(using: &random) ?? 0
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.insert(nasty.randomElement(using: &random) ?? 0, at: place)
                case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: 0)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let m = try? HL7Message(bytes) else { continue }
            accepted += 1
            if round % 16 == 0 { touch(m) } else { _ = m["PID-3[5=INS].1"] }
        }
        #expect(accepted > 1_000)
    }

    @Test("Escapes that never close cost linear time")
    func escapes() throws {
        let m = try HL7Message(Array((header + "NTE|1||" + String(repeating: "\\", count: 100_001)).utf8))
        #expect(m["NTE-3"].utf8.count > 50_000)
    }
}
