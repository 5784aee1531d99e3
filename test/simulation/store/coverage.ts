/** What a big run of the store must have met: faults, branches of the services, answers. */
import { MESSAGE_FAULTS } from "./network_weather.ts";

export const EXPECTED: readonly string[] = [...MESSAGE_FAULTS];
