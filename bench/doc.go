// Package bench compares what the packages do with what others do, side by side in one run. It has nothing but
// benchmarks and their tests:
//
//	go test ./bench -bench PyTorch
package bench
