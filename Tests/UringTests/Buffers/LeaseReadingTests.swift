// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Uring

/// Looking at the bytes of a lease without holding a span.
@Suite struct LeaseReadingTests {
  private func lease(_ text: String) -> BufferLease {
    unsafe BufferLease(copying: Array(text.utf8).span.bytes)
  }

  // Expectations take no noncopyable values, so that answers come first.

  @Test func bytesByTheirOffset() {
    var lease = lease("abcabc")
    let ends = [lease[0], lease[5], lease.first]
    #expect(ends == [97, 99, 97])
    let places = [0, 1, 2, 5, 6, 60].map { lease.firstIndex(of: 98, from: $0) }
    #expect(places == [1, 1, 4, nil, nil, nil])
    lease.removeFirst(1)
    let (first, place) = (lease[0], lease.firstIndex(of: 98))
    #expect(first == 98 && place == 0)
  }

  @Test func beginnings() {
    let lease = lease("GET /")
    let answers = ["GET", "GET /", "", "GET / ", "PUT"].map { lease.starts(with: $0.utf8) }
    #expect(answers == [true, true, true, false, false])
  }

  @Test func nothing() {
    let lease = lease("")
    let (isEmpty, first, place) = (lease.isEmpty, lease.first, lease.firstIndex(of: 0))
    #expect(isEmpty && first == nil && place == nil)
    let (array, text) = ([UInt8](lease), String(validating: lease))
    #expect(array == [] && text == "")
  }

  @Test func copies() throws {
    let pool = try BufferPool(capacity: 2, bufferSize: 16)
    pool.takeReturned { _ in }
    let lease = pool.lease(0, byteCount: 3)
    let kept = lease.copy()
    var array: [UInt8] = [1]
    array.append(contentsOf: lease)
    #expect(array.count == 4)
    let (keptBytes, isPooled) = ([UInt8](kept), kept.isPooled)
    #expect(keptBytes == Array(array[1...]) && !isPooled)
    _ = consume lease
    #expect(pool.lentCount == 0)
  }

  @Test func textIsNotRepaired() {
    let text = String(validating: lease("zwölf"))
    #expect(text == "zwölf")
    let broken = unsafe BufferLease(copying: ([0x61, 0xff] as [UInt8]).span.bytes)
    let repaired = String(validating: broken)
    #expect(repaired == nil)
  }

  @Test func anOffsetThatThereIsNotEndsTheProgram() async {
    await #expect(processExitsWith: .failure) {
      let lease = unsafe BufferLease(copying: ([1, 2] as [UInt8]).span.bytes)
      _ = lease[2]
    }
    await #expect(processExitsWith: .failure) {
      var lease = unsafe BufferLease(copying: ([1, 2] as [UInt8]).span.bytes)
      lease.removeFirst(1)
      _ = lease[-1]
    }
  }
}
