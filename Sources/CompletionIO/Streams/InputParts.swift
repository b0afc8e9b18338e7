// SPDX-License-Identifier: Apache-2.0

/// Bytes of a suspended caller in several pieces, for one send.
///
/// Up to four take no memory of their own.
struct InputParts: Sendable {
  private(set) var count = 0
  private var first: InlineArray<4, InputMemory>
  private var others: [InputMemory] = []

  init() {
    first = InlineArray(repeating: InputMemory())
  }

  /// Adds a piece; one without bytes is left out.
  mutating func append(_ bytes: RawSpan) {
    guard !bytes.isEmpty else { return }
    let part = InputMemory(bytes)
    if count < first.count { first[count] = part } else { others.append(part) }
    count += 1
  }

  subscript(index: Int) -> InputMemory {
    index < first.count ? first[index] : others[index - first.count]
  }
}
