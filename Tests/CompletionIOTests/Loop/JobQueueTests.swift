import TestSupport
import Testing

@testable import CompletionIO

@Suite struct JobQueueTests {
  @Test(arguments: [41, 42, 43] as [UInt64])
  func jobsComeOutInOrderWhileTheQueueGrowsAndWraps(_ seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let queue = Jobs()
    var (next, expected) = (0, 0)
    for _ in 0..<60 {
      for _ in 0..<numbers.next(below: 400) {
        queue.append(next)
        next += 1
      }
      for _ in 0..<min(queue.count, numbers.next(below: 300)) {
        #expect(queue.removeFirst() == expected)
        expected += 1
      }
      #expect(queue.count == next - expected)
    }
    #expect(next > 2048, "it never grew")
    while !queue.isEmpty {
      #expect(queue.removeFirst() == expected)
      expected += 1
    }
    #expect(expected == next)
  }
}

/// A queue of numbers dressed up as jobs, which are never run.
private final class Jobs {
  private var queue = JobQueue()

  var count: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }

  func append(_ number: Int) {
    let job = unsafe unsafeBitCast(number + 1, to: UnownedJob.self)
    queue.append(JobQueue.Entry(job: job, isSerial: number % 2 == 0))
  }

  func removeFirst() -> Int {
    let entry = queue.removeFirst()
    let number = unsafe unsafeBitCast(entry.job, to: Int.self) - 1
    #expect(entry.isSerial == (number % 2 == 0))
    return number
  }
}
