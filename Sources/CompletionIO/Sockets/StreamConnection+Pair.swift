// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension StreamConnection {
  /// Makes two Unix-domain connections that are connected with each other.
  ///
  /// For two parts of one program, for a child that is given one end, and for tests.
  ///
  /// - Parameters:
  ///   - loop: The first connection belongs to it.
  ///   - other: The second belongs to it; the first's loop if `nil`.
  ///   - policy: What both do when the kernel says "not now".
  /// - Returns: Both ends; each sends to the other.
  /// - Throws: ``SocketError`` with EMFILE, ENFILE, ENOBUFS, ESHUTDOWN.
  ///
  /// The corresponding C function is `socketpair` with `SOCK_STREAM`.
  public static func pair(
    on loop: CompletionLoop, and other: CompletionLoop? = nil, policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> (StreamConnection, StreamConnection) {
    let calls = loop.socketCalls
    let ends: (FileDescriptor, FileDescriptor)
    do throws(Errno) {
      ends = try calls.makePair()
    } catch {
      throw SocketError(.open, error)
    }
    let first: StreamConnection
    do throws(SocketError) {
      first = try await adopt(ends.0, on: loop, policy: policy)
    } catch {
      calls.close(ends.0)
      calls.close(ends.1)
      throw error
    }
    do throws(SocketError) {
      return (first, try await adopt(ends.1, on: other ?? loop, policy: policy))
    } catch {
      calls.close(ends.1)
      first.abort()
      throw error
    }
  }
}
