import HL7v2
import Pipeline
import Steps
import Testing

@Suite("step: documents")
struct DocumentsStepTests {
    func run(_ name: String, as note: String = "doc") throws -> Draft {
        var draft = try Steps.draft(name)
        _ = try Steps.make(DocumentsStep.self, [("as", note)]).apply(&draft)
        return draft
    }

    @Test("the ten flags are notes, Y or N")
    func flags() throws {
        let notes = try run("oru-initial").notes
        #expect(notes["DESTDMP"] == .text("Y"))
        #expect(notes["DESTMSSANTEPAT"] == .text("Y"))
        #expect(notes["MASQUE_PS"] == .text("N"))
        #expect(notes["ACK_LECTURE_MSS"] == .text("Y"))
        #expect(notes["kind"] == .text("initial"))
    }

    @Test("recipients are two lists: professionals and the patient")
    func recipients() throws {
        let notes = try run("oru-initial").notes
        let professionals = NotePath("recipients.pro")?.note(in: notes)
        let patients = NotePath("recipients.patient")?.note(in: notes)
        guard case .list(let list) = professionals, case .list(let boxes) = patients else {
            Issue.record("not lists")
            return
        }
        #expect(list.count == 1 && boxes.count == 1)
        #expect(list[0]["address"] == .text("anne.fictif-gamma@essai.mssante.example"))
        #expect(list[0]["identifier"] == .text("899700099999"))
        #expect(list[0]["kind"] == .text("professional"))
        #expect(boxes[0]["address"] == .text("269029910900215@patient.mssante.fr"))
    }

    @Test("the documents are described under the name that the route gives")
    func documents() throws {
        let draft = try run("oru-two-documents", as: "reports")
        guard case .list(let list) = draft.notes["reports"] else {
            Issue.record("no list")
            return
        }
        #expect(list.map { $0["level"] } == [.text("1"), .text("3")])
        #expect(list[0]["type"] == .text("11502-2"))
        #expect(list[0]["id"] == .text("1.2.250.1.999.7.9.20260115.21"))
    }

    @Test("tokens: a document's own id; a replacement also names the one it replaces; a deletion names the document")
    func tokens() throws {
        let id = { (number: String) in Token(kind: "unique-id", value: "1.2.250.1.999.7.9.20260115.\(number)") }
        let initial = try run("oru-initial")
        #expect(initial.tokens == [id("1")] && initial.replaces.isEmpty)
        let replacement = try run("oru-replacement")
        #expect(replacement.tokens == [id("2")] && replacement.replaces == [id("1")])
        let deletion = try run("oru-deletion")
        #expect(deletion.tokens.isEmpty && deletion.replaces == [id("2")])
    }

    @Test("the message's bytes stay as they came")
    func untouched() throws {
        let draft = try run("oru-initial")
        #expect(!draft.isRewritten)
        #expect(draft.bytes == (try Steps.request("oru-initial")))
    }

    @Test("a document that does not open is a failure of the route, without patient data")
    func broken() throws {
        var draft = try Steps.draft("refused/doctype")
        let step = try Steps.make(DocumentsStep.self)
        #expect(throws: StepFailure.self) { try step.apply(&draft) }
    }
}

@Suite("step: set")
struct SetStepTests {
    @Test("writes a text at a path, parsed again")
    func text() throws {
        var draft = try Steps.draft("oru-initial")
        _ = try Steps.make(SetStep.self, [("path", "MSH-6"), ("to", "CH & CO")]).apply(&draft)
        #expect(draft.isRewritten)
        #expect(draft.hl7?["MSH-6"] == "CH & CO")
        #expect(try HL7Message(draft.bytes)["MSH-6"] == "CH & CO")
    }

    @Test("writes a note")
    func note() throws {
        var draft = try Steps.draft("oru-initial")
        draft.notes["doc"] = .record(["type": .text("11490-0")])
        _ = try Steps.make(SetStep.self, [("path", "MSH-8"), ("note", "doc.type")]).apply(&draft)
        #expect(draft.hl7?["MSH-8"] == "11490-0")
    }

    @Test("a path that is none is an error of the file, or of the step")
    func badPath() throws {
        #expect(throws: (any Error).self) {
            var draft = try Steps.draft("oru-initial")
            _ = try Steps.make(SetStep.self, [("path", "MSH/6"), ("to", "X")]).apply(&draft)
        }
    }
}
