import HL7v2
import Pipeline
import Steps
import Testing

@Suite("then: zam-z01, zam-z02 (volet Transmission de documents CDA-R2 en HL7v2 2.1, messages ZAM)")
struct ZAMThenTests {
    static let recipient = Part(id: "a", notes: ["address": .text("anne.fictif-gamma@essai.mssante.example"), "identifier": .text("899700099999")])

    func z01(_ event: Event, _ name: String = "oru-initial") throws -> [HL7Message] {
        let bytes = try Steps.request(name)
        return try emitted(Steps.make(ZAMZ01.self), bytes, Part(), event)
    }

    func z02(_ event: Event, _ fields: [(String, String)] = [], _ name: String = "oru-initial") throws -> [HL7Message] {
        let bytes = try Steps.request(name)
        return try emitted(Steps.make(ZAMZ02.self, fields), bytes, Self.recipient, event)
    }

    private func emitted(_ then: any Then, _ bytes: [UInt8], _ part: Part, _ event: Event) throws -> [HL7Message] {
        let emissions = then.emit(try Steps.reading(bytes), Steps.delivery(bytes, part: part), event, Steps.context)
        for emission in emissions {
            #expect(emission.kind == "zam" && emission.format == "hl7v2")
            #expect(emission.controlID == "PFI0000000000000000")
        }
        return try emissions.map { try HL7Message($0.bytes) }
    }

    @Test("the DMP accepted: Z01 Y with the control id of the request, to its sender")
    func accepted() throws {
        let zam = try #require(try z01(.outcome(.delivered(Proof(answer: "Success")))).first)
        #expect(zam["MSH-9.2"] == "Z01" && zam["MSH-9.3"] == "ZAM_Z01" && zam["MSH-12"] == "2.6")
        #expect(zam["MSH-5"] == "DPI-DEMO" && zam["MSH-3"] == "PFI-DEMO")
        #expect(zam["MSH-10"] == "PFI0000000000000000")
        #expect(zam["OBX-4"] == "DPI0000001" && zam["OBX-5.1"] == "Y")
        #expect(zam["EVN-2"] == "20260115103100+0100")
        #expect(zam.segment("ERR") == nil)
    }

    @Test("the DMP refused: Z01 N with the DMP's own code")
    func refused() throws {
        let reason = Reason("XDSRegistryMetadataError", Text(fr: "Métadonnées refusées", en: "Metadata refused"))
        let zam = try #require(try z01(.outcome(.refused(reason))).first)
        #expect(zam["OBX-5.1"] == "N")
        #expect(zam["ERR-3.1"] == "207" && zam["ERR-4"] == "E")
        #expect(zam["ERR-5.1"] == "XDSRegistryMetadataError" && zam["ERR-5.2"] == "Métadonnées refusées" && zam["ERR-5.3"] == "DMP_ERROR_CODE")
    }

    @Test("a business code goes out as it is")
    func business() throws {
        let code = BusinessCode(code: "DMPClosed", label: "DMP fermé", system: "DMP_ERROR_CODE")
        let zam = try #require(try z01(.outcome(.refused(Reason("P1", Text(fr: "x", en: "x"), business: code)))).first)
        #expect(zam["ERR-5.1"] == "DMPClosed" && zam["ERR-5.2"] == "DMP fermé")
    }

    @Test("discarded by an operator: N")
    func discarded() throws {
        let reason = Reason("P0505", Text(fr: "abandonné", en: "given up"))
        #expect(try z01(.discarded(reason)).first?["OBX-5.1"] == "N")
        #expect(try z02(.discarded(reason)).first?["ERR-5.1"] == "554")
    }

    @Test("what is not final is not told")
    func notFinal() throws {
        let reason = Reason("P0500", Text(fr: "injoignable", en: "away"))
        #expect(try z01(.outcome(.deferred(reason))).isEmpty)
        #expect(try z01(.outcome(.unknown(reason))).isEmpty)
        #expect(try z02(.outcome(.halted(scope: "bal", reason))).isEmpty)
    }

    @Test("ACK_RECEPTION=N: nothing is emitted, and the engine is told that nobody asked")
    func notAsked() throws {
        var bytes = try Steps.request("oru-initial")
        bytes = try HL7Message(bytes).setting("OBX[3.1=ACK_RECEPTION]-5.1", to: "N").bytes
        let then = try Steps.make(ZAMZ01.self)
        let reading = try Steps.reading(bytes)
        #expect(!then.isAsked(reading))
        #expect(then.emit(reading, Steps.delivery(bytes), .outcome(.delivered(Proof(answer: "Success"))), Steps.context).isEmpty)
        #expect(then.isAsked(try Steps.reading(Steps.request("oru-initial"))))
    }

    @Test("a mail that is accepted waits for its report; a report says Y")
    func delivered() throws {
        #expect(try z02(.outcome(.delivered(Proof(answer: "250", reportAwaited: true)))).isEmpty)
        let zam = try #require(try z02(.reported(Report(.delivered))).first)
        #expect(zam["MSH-9.2"] == "Z02" && zam["OBX-5.1"] == "Y")
        #expect(zam["OBX[2]-4"] == "899700099999" && zam["OBX[2]-5.4"] == "anne.fictif-gamma@essai.mssante.example")
        #expect(try z02(.reported(Report(.relayed))).first?["OBX-5.1"] == "Y")
        #expect(try z02(.reported(Report(.awaited))).isEmpty)
        #expect(try z02(.reported(Report(.overdue))).isEmpty)
    }

    @Test(
        "a mail refused at once is told at once; the basic code or the mapped enhanced one",
        arguments: [("550", "550"), ("5.1.1", "550"), ("5.7.1", "541"), ("452", "452"), ("P0500", "554")])
    func refusedMail(_ code: String, _ business: String) throws {
        let zam = try #require(try z02(.outcome(.refused(Reason(code, Text(fr: "x", en: "x"))))).first)
        #expect(zam["OBX-5.1"] == "N" && zam["ERR-5.1"] == business && zam["ERR-5.3"] == "SMTPERRORCODE")
    }

    @Test("a bounce after Y is a correction: N")
    func bounced() throws {
        let report = Report(.failed, reason: Reason("5.2.2", Text(fr: "x", en: "x")))
        #expect(try z02(.reported(report)).first?["ERR-5.1"] == "552")
    }

    @Test("where the operator has no reports, acceptance is Y by setting")
    func onAccept() throws {
        let event = Event.outcome(.delivered(Proof(answer: "250", reportAwaited: false)))
        #expect(try z02(event).isEmpty)
        #expect(try z02(event, [("without_report", "on_accept")]).first?["OBX-5.1"] == "Y")
    }

    @Test("where acceptance was Y already, a report that says the same gives no second Y; a bounce is still told, and what corrects it")
    func onAcceptThenReport() throws {
        let bytes = try Steps.request("oru-initial"), delivery = Steps.delivery(bytes, part: Self.recipient)
        func reported(_ status: Report.Status, after: Report.Status, awaited: Bool = false) throws -> [String] {
            let before = StoredDelivery(
                delivery: delivery, state: .delivered, reason: nil, owner: nil, due: nil, proof: Proof(answer: "250", reportAwaited: awaited),
                report: Report(after), planned: Instant(milliseconds: 0), changed: Instant(milliseconds: 0), version: 1)
            let context = EmissionContext(time: Instant(milliseconds: 0), before: before) { _ in "PFI0000000000000000" }
            let then = try Steps.make(ZAMZ02.self, [("without_report", "on_accept")])
            let emitted = then.emit(try Steps.reading(bytes), delivery, .reported(Report(status)), context)
            return try emitted.map { try HL7Message($0.bytes)["OBX-5.1"] }
        }
        #expect(try reported(.delivered, after: .none) == [] && reported(.relayed, after: .none) == [])
        #expect(try reported(.failed, after: .none) == ["N"])
        #expect(try reported(.delivered, after: .failed) == ["Y"])
        #expect(try reported(.delivered, after: .awaited, awaited: true) == ["Y"])
    }

    @Test("the answer is in the sender's character set")
    func charset() throws {
        let zam = try #require(try z01(.outcome(.delivered(Proof(answer: "Success"))), "oru-initial-latin9").first)
        #expect(zam.charset == .latin9 && zam["OBX-3.2"] == "Accusé de réception DMP")
    }

    @Test("times are those of the hospital, with their offset, in summer too")
    func summer() throws {
        let bytes = try Steps.request("oru-initial")
        let context = EmissionContext(time: Instant(milliseconds: 1_783_000_000_000)) { _ in "X" }
        let then = try Steps.make(ZAMZ01.self)
        let zam = then.emit(try Steps.reading(bytes), Steps.delivery(bytes), .outcome(.delivered(Proof(answer: ""))), context)
        #expect(try HL7Message(try #require(zam.first).bytes)["MSH-7"] == "20260702154640+0200")
    }
}
