import { fileURLToPath } from 'node:url';
import { GrpcInferenceClient } from '../client/grpc-client.ts';
import { echoRuntime } from '../testing/echo-model.ts';
import { describeInferenceService } from '../testing/inference-conformance.ts';
import { startTriton, whyNoTriton } from '../testing/triton.ts';
import { GrpcInferenceServer } from './grpc-server.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));

describeInferenceService({
  name: 'The runtime in this process',
  create: () => Promise.resolve({ service: echoRuntime().runtime }),
});

describeInferenceService({
  name: 'The gRPC client to our server',
  create: async () => {
    const { runtime } = echoRuntime();
    const server = new GrpcInferenceServer({ service: runtime });
    const port = await server.start();
    return {
      service: new GrpcInferenceClient({ address: `127.0.0.1:${String(port)}` }),
      close: async () => {
        await server.close();
        await runtime.close();
      },
    };
  },
});

describeInferenceService({
  name: 'The gRPC client to Triton',
  skip: whyNoTriton(),
  create: async () => {
    const triton = await startTriton({ models: MODELS, load: ['echo'] });
    return {
      service: new GrpcInferenceClient({ address: `127.0.0.1:${String(triton.grpcPort)}` }),
      close: () => triton.close(),
    };
  },
});
