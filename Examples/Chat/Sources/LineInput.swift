// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Reads the lines of a connection, and drops those that are too long, whatever their length.
struct LineInput: ~Copyable {
  private var reader: ByteReader
  private let limit: Int
  /// Whether the bytes that come next are the rest of a line that is too long.
  private var isWithinLongLine = false

  /// A line, or why there is none.
  enum Element: Equatable {
    case line(String)
    /// More bytes have come than a line may have; the line is dropped.
    case tooLong
    /// The line is not UTF-8, or has control characters, which terminals would obey.
    case unreadable
    /// The peer has ended the stream; a last line that nothing ends is dropped.
    case end
  }

  /// Prepares to read.
  ///
  /// - Parameters:
  ///   - connection: Is read by nobody else.
  ///   - limit: Bytes that a line may have; at least 1.
  init(_ connection: StreamConnection, limit: Int) {
    reader = ByteReader(connection)
    self.limit = limit
  }

  /// Reads the next line, or waits for it.
  mutating func next() async throws(SocketError) -> Element {
    while true {
      do throws(SocketError) {
        guard try await reader.readLine(limit: limit) else { return .end }
        guard isWithinLongLine else { return element }
        isWithinLongLine = false
      } catch {
        switch error.cause {
        case .tooLong:
          // More than so many bytes have come, and none of these ends the line.
          try await reader.skip(limit)
          if isWithinLongLine { continue }
          isWithinLongLine = true
          return .tooLong
        case .endOfStream: return .end
        default: throw error
        }
      }
    }
  }

  /// The line that the reader has read.
  private var element: Element {
    guard let text = String(validating: reader.element) else { return .unreadable }
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      scalar == "\t" || scalar.properties.generalCategory != .control
    }
    return isPlain ? .line(text) : .unreadable
  }
}
