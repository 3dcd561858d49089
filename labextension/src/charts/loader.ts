/** A loader for Vega that loads nothing: a chart's data is in the artifact. */

const refuse = (address: unknown): Promise<never> =>
  Promise.reject(
    new Error(`A chart may not load ${JSON.stringify(String(address).slice(0, 80))}.`),
  );

export const refusingLoader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };
