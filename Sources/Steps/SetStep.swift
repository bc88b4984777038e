package import Pipeline
import Synchronization

/// `set: {path: MSH-6, to: CH-DEMO}`: writes a text at a path of the route's format.
package struct SetStep: Step {
    package static let spec = Spec(
        "set", Text(fr: "Écrit une valeur à un endroit du message", en: "Writes a value at a place of the message"),
        [
            Field("path", .path, required: true, Text(fr: "où", en: "where"), example: "MSH-6"),
            Field("to", .text, Text(fr: "la valeur ; vide : efface", en: "the value; empty: clears"), example: "CH-DEMO"),
            Field("note", .text, Text(fr: "au lieu d'une valeur : la note à écrire", en: "instead of a value: the note to write"), example: "doc.type"),
        ])

    private let path: String
    private let compiled = CompiledPath()
    private let value: String
    private let note: NotePath?

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        path = fields.text("path") ?? ""
        value = fields.text("to") ?? ""
        guard let text = fields.text("note") else {
            note = nil
            return
        }
        guard let note = NotePath(text) else {
            throw ConfigError("P0703", Text(fr: "« \(text) » n'est pas une note", en: "\"\(text)\" is not a note"), at: fields.place(of: "note"))
        }
        self.note = note
    }

    package var isHeavy: Bool { false }
    package var writes: Set<String>? { [] }
    package var reads: [NotePath] { note.map { [$0] } ?? [] }

    package func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult {
        let text = note.map { $0.note(in: draft.notes)?.texts.first ?? "" } ?? value
        do {
            let compiled = try compiled.path(path, draft.format)
            (draft.bytes, draft.content) = try draft.format.setting(compiled, to: text, in: draft.content)
            draft.isRewritten = true
            return .pass
        } catch let error as PathError {
            throw StepFailure(Reason("P0704", error.text, location: path))
        } catch let reason as Reason {
            throw StepFailure(reason)
        } catch {
            throw StepFailure(Reason("P0705", Text(fr: "écriture impossible", en: "cannot be written"), location: path))
        }
    }
}

/// A path of the route's one format, compiled at the first message.
private final class CompiledPath: Sendable {
    private let known = Mutex<(any ContentPath)?>(nil)

    func path(_ text: String, _ format: any Format) throws(PathError) -> any ContentPath {
        if let known = known.withLock({ $0 }) { return known }
        let compiled = try format.path(text)
        known.withLock { $0 = compiled }
        return compiled
    }
}
