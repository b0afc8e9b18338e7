// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CompletionIO

/// What a silent connection takes of the process's memory.
@Suite struct StreamMemoryTests {
  /// A million of them are a million times this; larger is not forbidden, but should be on purpose.
  @Test func theSizeOfAStreamIsPinned() {
    #expect(MemoryLayout<ReceiveHalf>.size == 24)
    #expect(MemoryLayout<SendHalf>.size == 13)
    #expect(MemoryLayout<StreamPeer>.size == 8)
    // The allocator adds a word of its own and rounds up to 16 (malloc(3), glibc).
    #expect(instanceSize(of: SocketStream.self) == 120)
    #expect(instanceSize(of: StreamConnection.self) == 52)
  }

  /// The bytes of an object: behind the superclass, the flags and the address point of its class's
  /// metadata (Swift's ABI, TypeMetadata.rst).
  private func instanceSize(of type: AnyClass) -> UInt32 {
    let metadata = unsafe unsafeBitCast(type, to: UnsafeRawPointer.self)
    return unsafe metadata.load(fromByteOffset: 24, as: UInt32.self)
  }
}
