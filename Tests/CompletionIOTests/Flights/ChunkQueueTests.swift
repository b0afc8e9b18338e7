import TestSupport
import Testing

@testable import CompletionIO

@Suite struct ChunkQueueTests {
  private func chunk(_ address: UInt, _ byteCount: UInt32 = 10) -> Chunk {
    unsafe Chunk(
      address: address, byteCount: byteCount, bufferIndex: 0, memory: .borrowed, next: -1,
      base: 0, sendID: 0, sender: nil)
  }

  @Test func aChunkIsTakenByAndBy() {
    var slab = ChunkSlab()
    var queue = ChunkQueue()
    queue.append(chunk(1000, 10), to: &slab)
    queue.append(chunk(2000, 5), to: &slab)
    #expect(queue.byteCount == 15)
    queue.trimFirst(by: 4, in: slab)
    #expect(queue.byteCount == 11)
    let first = queue.removeFirst(from: &slab)
    #expect(first.address == 1004 && first.byteCount == 6)
    let second = queue.removeFirst(from: &slab)
    #expect(second.address == 2000 && second.byteCount == 5)
    #expect(queue.isEmpty && queue.byteCount == 0 && queue.head == -1)
  }

  @Test func aSlabGrowsAndKeepsWhatItHolds() {
    var slab = ChunkSlab()
    var queue = ChunkQueue()
    for index in 0..<5000 { queue.append(chunk(UInt(index)), to: &slab) }
    for index in 0..<5000 {
      let first = queue.removeFirst(from: &slab)
      #expect(first.address == UInt(index))
    }
    #expect(queue.isEmpty)
  }

  @Test func placesAreUsedAgain() {
    var slab = ChunkSlab()
    let places = (0..<10).map { slab.insert(chunk($0)) }
    for place in places { slab.remove(place) }
    let again = (0..<10).map { slab.insert(chunk($0)) }
    #expect(Set(again) == Set(places))
  }

  @Test(arguments: [31, 32, 33] as [UInt64])
  func queuesInOneSlabDoNotMix(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    var slab = ChunkSlab()
    var queues = (0..<7).map { _ in ChunkQueue() }
    var models = queues.map { _ in [(address: UInt, byteCount: UInt32)]() }
    for step in 0..<8000 {
      let which = numbers.next(below: 7)
      if numbers.next(below: 5) < 3 {
        let byteCount = UInt32(1 + numbers.next(below: 30))
        queues[which].append(chunk(UInt(step), byteCount), to: &slab)
        models[which].append((UInt(step), byteCount))
      } else if let first = models[which].first {
        if first.byteCount > 1, numbers.next(below: 2) == 0 {
          queues[which].trimFirst(by: 1, in: slab)
          models[which][0] = (first.address + 1, first.byteCount - 1)
        } else {
          let taken = queues[which].removeFirst(from: &slab)
          #expect(taken.address == first.address, "seed \(seed), step \(step)")
          #expect(taken.byteCount == first.byteCount, "seed \(seed), step \(step)")
          models[which].removeFirst()
        }
      }
      #expect(queues[which].byteCount == models[which].reduce(0) { $0 + Int($1.byteCount) })
      #expect(queues[which].isEmpty == models[which].isEmpty)
    }
  }
}
