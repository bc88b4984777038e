package import Pipeline

/// `null`: takes everything and keeps nothing. For measurements, and for a route whose only use is its checks.
package struct NullSender: Sender {
    package static let spec = Spec(
        "null", Text(fr: "prend tout et ne garde rien", en: "takes everything and keeps nothing"),
        [Field("connections", .integer(1...64), default: "64", Text(fr: "envois simultanés", en: "sendings at a time"))])

    package static let sendsNothing = true

    package let concurrency: Int

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { concurrency = fields.integer("connections") ?? 64 }

    package var afterUnknown: AfterUnknown { .sendAgain }

    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome { .delivered(Proof(answer: "null")) }
}
