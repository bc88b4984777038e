import Pipeline
import Trust

/// Bytes that a route's steps rewrote are remembered by their digest before they leave: after an unknown, others must not follow (design §5).
enum SameBytes {
    /// The outcome that stops the attempt; nil: the bytes may leave.
    static func keep(_ bytes: [UInt8], _ delivery: Delivery, _ attempt: Attempt, _ digester: Digester) async -> Outcome? {
        guard delivery.rewritten != nil else { return nil }
        // The very bytes whose digest stands in the plan.
        if !delivery.isRebound, delivery.facts["digest"] != nil { return nil }
        let digest = Digest.hex(digester.sha256(bytes))
        if delivery.facts["digest"] == digest { return nil }
        if delivery.wasUnknown, delivery.facts["digest"] != nil {
            let text = Text(fr: "Le message reconstruit diffère de celui déjà parti", en: "The rebuilt message differs from what already left")
            return .held(Reason("P0516", text), owner: .exploitation)
        }
        do throws(JournalError) { try await attempt.record(["digest": digest]) } catch { return error.outcome }
        return nil
    }
}
