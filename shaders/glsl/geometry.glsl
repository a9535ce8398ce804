// What the ray of a pixel meets, for the image of geometry.

layout(binding = 1, rgba32f) uniform writeonly image2D geometry;
layout(location = 11) uniform float radius; // of the scene frame, in the world

// Seen is what lfn.Surface is.
struct Seen {
    float along, spread, confidence;
    vec3 normal;
};

Seen seen; // by the ray, where part is 0

// surface is that of the ray with direction d: see Variant.WithGeometry.
vec4 surface(vec3 d) {
    float distance = seen.along - dot(origin, d);
    if (seen.confidence > 0.0 && distance > 0.0) {
        return vec4(radius * distance, radius * seen.spread, min(seen.confidence, 1.0), codeOf(seen.normal));
    }
    return vec4(0);
}
