// SPDX-License-Identifier: Apache-2.0

/// A first-in first-out line.
struct Line<Element> {
  private var elements: [Element] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }

  var first: Element? { isEmpty ? nil : elements[head] }

  /// In order.
  var all: ArraySlice<Element> { elements[head...] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeFirst() -> Element {
    precondition(!isEmpty, "nobody in line")
    let element = elements[head]
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 1024, head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Lets one go first who stands further back.
  mutating func moveToFront(_ position: Int) {
    elements.swapAt(head, head + position)
  }
}
