// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// A client's end of a connection: sends content and checks what comes back.
///
/// Offsets count the bytes of the connection from its first.
struct SoakPeer: Sendable {
  /// How long anything may take that a server does at once.
  static let patience = Duration.seconds(30)

  let connection: StreamConnection
  let content: SoakContent
  /// Where the connection's bytes begin in the content.
  let start: Int
  let tally: SoakTally

  private func position(of offset: Int) -> Int { (start + offset) % ContentTable.period }

  /// Sends `count` bytes, at most ``SoakContent/span``.
  func send(
    _ count: Int, at offset: Int, timeout: Duration = patience
  ) async throws(SocketError) {
    let position = position(of: offset)
    unsafe try await connection.send(
      content.bytes.span.bytes.extracting(position..<(position + count)), timeout: timeout)
  }

  /// Sends `count` bytes of a message, however many.
  func sendMessage(_ count: Int, at offset: Int) async throws {
    do throws(SocketError) {
      try await send(count, at: offset)
    } catch {
      throw error.isTimeout ? SoakFault.stalled(error) : error
    }
  }

  /// Receives what has come, or waits for it, and checks it.
  ///
  /// - Returns: How many bytes; `nil` at the end of the stream.
  func receive(at offset: Int, timeout: Duration = patience) async throws -> Int? {
    guard let lease = try await connection.receive(timeout: timeout) else { return nil }
    let matching = content.matchingCount(lease.bytes, from: position(of: offset))
    guard matching == lease.byteCount else { throw SoakFault.wrongByte(at: offset + matching) }
    let count = lease.byteCount
    tally.add { $0.bytes += UInt64(count) }
    return count
  }

  /// Receives up to the byte at `end`, and no further.
  func receive(from offset: Int, to end: Int) async throws {
    var offset = offset
    while offset < end {
      do {
        guard let count = try await receive(at: offset) else {
          throw SoakFault.endedEarly(at: offset, of: end)
        }
        offset += count
      } catch let error as SocketError where error.isTimeout {
        throw SoakFault.stalled(error)
      }
    }
    if offset > end { throw SoakFault.bytesFromNowhere(offset - end) }
  }

  /// Expects the end of the stream.
  func receiveEnd(at offset: Int) async throws {
    do {
      if let count = try await receive(at: offset) { throw SoakFault.bytesFromNowhere(count) }
    } catch let error as SocketError where error.isTimeout {
      throw SoakFault.stalled(error)
    }
  }
}
