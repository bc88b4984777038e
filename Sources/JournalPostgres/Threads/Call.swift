import Pipeline

/// One write: the statement that does it, and what else belongs to it.
struct Call: Sendable {
    /// An intake's first value is the gateway that takes it in, filled in when its group is sent: a process that others took for dead is another
    /// gateway from one group to the next, and a message of one that is gone would be nobody's.
    let statement: Statement
    /// The further pieces of a large body.
    var pieces: [Statement] = []
    /// A name that no other gateway may take in at the same time.
    var name: Int64?
    /// The message that it stores, if it is an intake.
    var message: Key128?
    /// What answers in the same form when it was committed, but its own answer was lost with the connection.
    var again: Statement?
    /// Rows, about: a group is closed at `GroupThread.rows`.
    var rows = 1
    let done: @Sendable (Result<[Row], JournalError>) -> Void

    var bytes: Int { statement.values.reduce(0) { $0 + $1.size } + pieces.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.size } } }
}

/// How a kind of write is grouped.
enum GroupKind: Sendable {
    /// New messages: what cannot be committed now is answered `away`, so that its sender comes again.
    case intake
    /// Everything else: tried until it is committed, once.
    case work
}
