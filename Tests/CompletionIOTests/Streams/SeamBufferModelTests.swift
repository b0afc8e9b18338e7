// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// Random streams, elements and pieces against a reader that has the whole stream at once.
@Suite struct SeamBufferModelTests {
  /// Reads one element of a whole stream, the plain way.
  private func modelRead(
    _ element: SeamBuffer.Portion, _ rest: inout ArraySlice<UInt8>
  ) -> ElementRead {
    switch element {
    case .exactly(let count):
      guard rest.count >= count else { return rest.isEmpty ? .end : .cut(byteCount: rest.count) }
      defer { rest = rest.dropFirst(count) }
      return .bytes(Array(rest.prefix(count)))
    case .peek(let count):
      var copy = rest
      return modelRead(.exactly(count), &copy)
    case .some: preconditionFailure("depends on the pieces")
    case .until, .line:
      preconditionFailure("has a delimiter")
    }
  }

  private func modelRead(
    until delimiter: [UInt8], limit: Int, isLine: Bool, _ rest: inout ArraySlice<UInt8>
  ) -> ElementRead {
    let reach = limit + (isLine ? 1 : 0) + delimiter.count
    for end in rest.startIndex...rest.endIndex where end - rest.startIndex >= delimiter.count {
      if end - rest.startIndex > reach { return .tooLong }
      guard rest[(end - delimiter.count)..<end].elementsEqual(delimiter) else { continue }
      var element = rest[..<(end - delimiter.count)]
      if isLine, element.last == 13 { element.removeLast() }
      if element.count > limit { return .tooLong }
      rest = rest[end...]
      return .bytes(Array(element))
    }
    if rest.count >= reach { return .tooLong }
    return rest.isEmpty ? .end : .cut(byteCount: rest.count)
  }

  @Test(arguments: 0..<400 as Range<UInt64>)
  func anySplitGivesTheSameElements(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    // Few different bytes, so that delimiters are common and nearly there.
    let alphabet: [UInt8] = [13, 10, 13, 10, 97, 98, 59]
    let stream = (0..<numbers.next(below: 300)).map { _ in alphabet[numbers.next(below: 7)] }
    var rest = stream[...]
    var elements: [SeamBuffer.Portion] = []
    var expected: [ElementRead] = []
    repeat {
      let limit = numbers.next(below: 40)
      let delimiter = [[10], [13, 10], [13, 10, 13, 10], [59]][numbers.next(below: 4)] as [UInt8]
      switch numbers.next(below: 4) {
      case 0: elements.append(.exactly(limit))
      case 1: elements.append(.peek(limit))
      case 2:
        elements.append(.until(SeamBuffer.Delimiter(delimiter), limit: limit))
        expected.append(modelRead(until: delimiter, limit: limit, isLine: false, &rest))
        continue
      default:
        elements.append(.line(limit: limit))
        expected.append(modelRead(until: [10], limit: limit, isLine: true, &rest))
        continue
      }
      expected.append(modelRead(elements[elements.count - 1], &rest))
    } while goesOn(expected) && elements.count < 60
    for _ in 0..<8 {
      var pieces: [[UInt8]] = []
      var start = 0
      let longest = 1 + numbers.next(below: 50)
      while start < stream.count {
        let end = min(stream.count, start + 1 + numbers.next(below: longest))
        pieces.append(Array(stream[start..<end]))
        start = end
      }
      #expect(read(elements, from: pieces) == expected, "pieces of \(pieces.map(\.count))")
    }
  }

  private func goesOn(_ reads: [ElementRead]) -> Bool {
    if case .bytes = reads.last { return true }
    return false
  }
}
