// All invocations that share rays are of one subgroup.
void sync() {
    subgroupMemoryBarrierShared();
    subgroupBarrier();
}
