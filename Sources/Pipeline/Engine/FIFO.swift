/// First in, first out, with cheap ends. Inlinable: the journal's writer, in another module, runs it for every write.
package struct FIFO<Element> {
    @usableFromInline var items: [Element?] = []
    @usableFromInline var head = 0

    /// An empty queue.
    @inlinable package init() {}

    @inlinable package var isEmpty: Bool { head == items.count }
    @inlinable package var count: Int { items.count - head }
    /// The next to be taken.
    @inlinable package var first: Element? { isEmpty ? nil : items[head] }

    /// Combines all that wait.
    @inlinable package func reduce<Result>(_ initial: Result, _ combine: (Result, Element) -> Result) -> Result {
        items[head...].reduce(initial) { result, element in element.map { combine(result, $0) } ?? result }
    }

    /// Adds at the end.
    @inlinable package mutating func append(_ element: Element) { items.append(element) }

    /// Puts back at the front.
    @inlinable package mutating func prepend(_ element: Element) {
        if head > 0 {
            head -= 1
            items[head] = element
        } else {
            items.insert(element, at: 0)
        }
    }

    /// Takes the next.
    @inlinable package mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = items[head].take()
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return element
    }
}
