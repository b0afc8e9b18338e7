// SPDX-License-Identifier: Apache-2.0

/// The answer "Hello, world!", once or several times behind each other.
struct Answers {
  private let one = Array(
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!".utf8)
  private var several: [[UInt8]]

  init() {
    several = []
    for count in 0...16 { several.append(Array([[UInt8]](repeating: one, count: count).joined())) }
  }

  subscript(count: Int) -> [UInt8] {
    count < several.count
      ? several[count] : Array([[UInt8]](repeating: one, count: count).joined())
  }
}
